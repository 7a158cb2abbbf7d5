//! An example public-service portal on axum: log in, submit a dossier, log out. Its settings are environment variables.
#![allow(clippy::print_stderr, reason = "a program tells who starts it what to open")]

mod routes;

use std::future::IntoFuture as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

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
    let serving = axum::serve(listener, app).with_graceful_shutdown(stopped());
    tokio::select! {
        served = serving.into_future() => served?,
        () = grace_over() => {}
    }
    if let Some(audit) = started.audit {
        // What it could not write is in the log.
        audit.flush().await;
    }
    if let Some(mock) = started.mock {
        mock.stop().await;
    }
    Ok(())
}

/// What is being answered may take this long once the portal is told to stop. A screen that waits for a phone would keep
/// its stream open for minutes; it connects again to whichever instance is there.
const GRACE: Duration = Duration::from_secs(5);

async fn grace_over() {
    stopped().await;
    tokio::time::sleep(GRACE).await;
}

/// Ctrl-C ends the portal; whatever is being answered is answered, within [`GRACE`].
async fn stopped() {
    // Without a way to be told, it runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
