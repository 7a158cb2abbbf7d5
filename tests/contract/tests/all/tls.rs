//! Providers over TLS: a certificate that does not hold is no provider.

use std::sync::Arc;

use serde_json::json;
use vneid_auth::error::Code;
use vneid_auth::provider::reason::MetadataReason;
use vneid_auth::provider::{HttpFailure, ReqwestClient};
use vneid_contract_tests::EvilWorld;
use vneid_contract_tests::evil::{Evil, Part, TlsAuthority};
use vneid_contract_tests::evil_world::{client, whole_second};

/// A world whose provider has a certificate for `certified`, and whose portal trusts these authorities beside the
/// system's.
async fn world(authority: &TlsAuthority, certified: &str, trusted: &[&TlsAuthority]) -> EvilWorld {
    let clock = whole_second();
    let evil = Evil::start_tls(&clock, authority, certified).await;
    let mut http = ReqwestClient::builder();
    for authority in trusted {
        http = http.add_ca(authority.pem().as_bytes()).unwrap();
    }
    let http = Arc::new(http.build().unwrap());
    let config = client("vneid", evil.issuer());
    EvilWorld::before(evil, clock, |builder| builder.provider_through(config, http)).await
}

#[tokio::test]
async fn c60_a_certificate_that_does_not_hold_is_refused() {
    let (authority, other) = (TlsAuthority::new(), TlsAuthority::new());
    for (what, certified, trusted) in [
        ("an unknown authority", "localhost", &[][..]),
        ("another authority", "localhost", &[&other][..]),
        ("another host", "id.example", &[&authority][..]),
        ("an address and not the name", "127.0.0.1", &[&authority][..]),
        ("a name below", "a.localhost", &[&authority][..]),
    ] {
        let world = world(&authority, certified, trusted).await;
        world.refused(what, Code::ProviderUnavailable, HttpFailure::Tls).await;
        assert_eq!(world.evil.count_under("/"), 0, "{what}: nothing was sent");
    }
    let world = world(&authority, "localhost", &[&other, &authority]).await;
    world.accepted("a private authority that is trusted").await;
    assert_eq!(world.evil.count("/token"), 1);
}

#[tokio::test]
async fn c59_an_https_issuer_has_no_plain_endpoint() {
    let authority = TlsAuthority::new();
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"] {
        for plain in ["http://id.example/x", "http://localhost/x", "http://127.0.0.1:9/x", "http://[::1]/x"] {
            let world = world(&authority, "localhost", &[&authority]).await;
            world.evil.change(Part::Metadata, move |it| it[name] = json!(plain));
            let what = format!("{name} {plain}");
            world.refused(&what, Code::ProviderError, MetadataReason::Insecure(name)).await;
            assert_eq!(world.evil.count_under("/"), 1, "{what}: only the metadata were asked for");
        }
    }
}
