//! An example public-service portal on axum: log in, submit a dossier, log out. Its settings are environment variables.
#![allow(clippy::print_stderr, reason = "a program tells who starts it what to open")]

mod routes;

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use portal_shared::settings::{Env, Settings};
use portal_shared::start::start;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::read(&Env::of_process(), "127.0.0.1:8080")?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|error| format!("PORTAL_LISTEN: cannot listen on {}: {error}", settings.listen))?;
    let started = start(&settings, listener.local_addr()?).await?;
    // Whoever reads this may have gone already.
    let _ = writeln!(std::io::stdout(), "{}", started.welcome());
    let app = routes::app(started.portal.clone()).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(stopped()).await?;
    if let Some(mock) = started.mock {
        mock.stop().await;
    }
    Ok(())
}

/// Ctrl-C ends the portal; whatever is being answered is answered.
async fn stopped() {
    // Without a way to be told, it runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
