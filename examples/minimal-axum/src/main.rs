//! The least code that protects one page.
#![allow(clippy::print_stdout)]

use std::net::SocketAddr;

use axum::{Router, routing::get};
use vneid_auth::portal::Portal;
use vneid_auth::provider::ProviderConfig;
use vneid_auth_axum::{LoggedIn, router};

async fn page(LoggedIn(citizen): LoggedIn) -> String {
    let name = citizen.profile().full_name.as_ref().map_or("công dân", |name| name.expose());
    format!("Xin chào, {name}!")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (issuer, secret) = (std::env::var("VNEID_ISSUER")?, std::env::var("VNEID_CLIENT_SECRET")?);
    let vneid = ProviderConfig::oidc("vneid", &issuer, &std::env::var("VNEID_CLIENT_ID")?).client_secret(secret.into());
    let portal = Portal::builder("http://127.0.0.1:8080")
        .secret(std::env::var("PORTAL_SECRET")?.into())
        .provider(vneid)
        .build()?;

    let app = Router::new().route("/", get(page)).merge(router(portal.clone())).with_state(portal);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    println!("http://127.0.0.1:8080");
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
