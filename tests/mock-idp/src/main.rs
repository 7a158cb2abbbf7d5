//! `vneid-mock-idp`: the mock identity provider as a program.
#![allow(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod args;
mod config;

use std::future::{Future as _, poll_fn};
use std::io::Write as _;
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::task::Poll;

use args::Args;
use config::Config;
use tracing_subscriber::EnvFilter;
use vneid_mock_idp::{Builder, Client, MockIdp, Running};

const DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9000);

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("vneid-mock-idp: {problem}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), String> {
    let args = args::parse(std::env::args().skip(1))?;
    if args.help {
        print!("{}", args::HELP);
        return Ok(());
    }
    let (builder, address) = settings(&args)?;
    builder.check().map_err(|error| error.to_string())?;
    if args.check {
        println!("the settings are fine");
        return Ok(());
    }
    if args.print_client {
        print_client(&args, address);
        return Ok(());
    }
    let mock = builder.start().await.map_err(|error| with_source(&error))?;
    let mut told = pin!(tokio::signal::ctrl_c());
    // Asked once before anything is printed: whoever reads that we are up may tell us to stop at once.
    let at_once = poll_fn(|context| Poll::Ready(told.as_mut().poll(context))).await;
    announce(&mock);
    let stopped = match at_once {
        Poll::Ready(stopped) => stopped,
        Poll::Pending => told.await,
    };
    stopped.map_err(|error| error.to_string())?;
    mock.stop().await;
    Ok(())
}

/// The file first, the environment for what it does not say, the command line on top.
fn settings(args: &Args) -> Result<(Builder, SocketAddr), String> {
    let config = args.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
    let from_environment = std::env::var("MOCK_IDP_LISTEN").ok();
    let from_environment = from_environment.map(|text| args::address("MOCK_IDP_LISTEN", &text)).transpose()?;
    let address = args.listen.or(from_environment).or(config.listen).unwrap_or(DEFAULT);
    let (control, public) = config.flags();
    let mut builder = config.apply(MockIdp::builder())?;
    builder = builder.listen(address).control(control || args.control).public(public || args.public);
    if let Some(base) = &args.issuer_base {
        builder = builder.issuer_base(base);
    }
    if let Some(citizen) = &args.auto_login {
        builder = builder.auto_login(citizen);
    }
    for client in &args.clients {
        let at_home = Client::new(&client.id, &client.secret).post_logout_anywhere_at_home();
        builder = builder.client(at_home.redirect_uri(&client.redirect_uri));
    }
    for (id, file) in &args.client_keys {
        let pem =
            std::fs::read_to_string(file).map_err(|error| format!("--client-key: {}: {error}", file.display()))?;
        builder = builder.client_key(id, &pem).map_err(|error| format!("--client-key: {error}"))?;
    }
    Ok((builder, address))
}

fn announce(mock: &Running) {
    let base = mock.base_url();
    let mut text = format!(
        "Mock identity provider: {base}\n  issuer    {}\n  dialects  {base}/dvcqg {base}/vneid {base}/vneid-sealed\n  \
         client    portal-demo / portal-demo-secret, any loopback redirect \
         URI\n  scopes    openid profile phone citizen_id\n  citizens  {base}/citizens\n  SMS inbox {base}/sms\n",
        mock.issuer()
    );
    if let Some(citizen) = mock.control().citizens().first() {
        text.push_str(&format!("  log in as {} with password {}\n", citizen.username, citizen.password));
    }
    text.push_str("Everybody here is invented. Ctrl-C stops it.\n");
    // Whoever started us may have read enough and gone.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// The environment of a portal that logs in here.
fn print_client(args: &Args, address: SocketAddr) {
    let base = args.issuer_base.clone().unwrap_or_else(|| format!("http://{address}"));
    let (id, secret) = match args.clients.first() {
        Some(client) => (client.id.as_str(), client.secret.as_str()),
        None => ("portal-demo", "portal-demo-secret"),
    };
    println!("# vneid-auth portals");
    println!("VNEID_ISSUER={base}/oidc\nVNEID_CLIENT_ID={id}\nVNEID_CLIENT_SECRET={secret}");
    println!("# openid-client, Authlib, openidconnect and others");
    println!("OIDC_ISSUER={base}/oidc\nOIDC_CLIENT_ID={id}\nOIDC_CLIENT_SECRET={secret}");
    println!("OIDC_DISCOVERY_URL={base}/oidc/.well-known/openid-configuration");
    println!("OIDC_SCOPE=\"openid profile phone citizen_id\"");
}

fn with_source(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
