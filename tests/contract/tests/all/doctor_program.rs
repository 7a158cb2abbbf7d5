//! The doctor as a program: its arguments, what it prints, and how it ends.

use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use vneid_mock_idp::fault::{Fault, Place, What};
use vneid_mock_idp::{MockIdp, Running, seeded};

const REALMS: [&str; 4] = ["oidc", "dvcqg", "vneid", "vneid-sealed"];

/// Only what the test says reaches the program.
async fn doctor(arguments: &[&str], variables: &[(&str, &str)], typed: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_doctor-under-test"));
    program.args(arguments).env_clear().envs(variables.iter().copied());
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = program.spawn().unwrap();
    running.stdin.take().unwrap().write_all(typed.as_bytes()).await.unwrap();
    running.wait_with_output().await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + std::str::from_utf8(&output.stderr).unwrap()
}

async fn mock() -> Running {
    MockIdp::builder().deterministic(1).auto_login(&seeded()[0].username).start().await.unwrap()
}

/// The arguments for a realm of the mock.
fn arguments(mock: &Running, realm: &str) -> Vec<String> {
    let at = mock.realm(realm);
    let mut arguments = vec![format!("--dialect={realm}"), "--client-id=portal-demo".to_owned()];
    let mut more = |name: &str, value: String| arguments.push(format!("--{name}={value}"));
    let (authorize, under) = match realm {
        "oidc" => {
            more("issuer", at);
            return arguments;
        }
        "dvcqg" => ("/oauth2/authorize", "/oauth2"),
        _ => ("/auth", ""),
    };
    more("authorize-url", format!("{at}{authorize}"));
    more("token-url", format!("{at}{under}/token"));
    more("userinfo-url", format!("{at}{under}/userinfo"));
    match realm {
        "dvcqg" => more("logout-url", format!("{at}/oidc/logout")),
        "vneid-sealed" => {
            let key = concat!(env!("CARGO_MANIFEST_DIR"), "/../mock-idp/keys/demo-client.pem");
            more("private-key-file", key.to_owned());
            more("logout-url", format!("{at}/api/idp/third-party/logout"));
        }
        _ => {}
    }
    arguments
}

fn secret(realm: &str) -> (&'static str, &'static str) {
    let variable = if realm == "dvcqg" { "DVCQG_CLIENT_SECRET" } else { "VNEID_CLIENT_SECRET" };
    (variable, "portal-demo-secret")
}

#[tokio::test]
async fn a_provider_that_is_well_ends_it_with_0_and_nobody_is_named() {
    let mock = mock().await;
    for realm in REALMS {
        let arguments = arguments(&mock, realm);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = doctor(&arguments, &[secret(realm)], "").await;
        let said = said(&output);
        assert_eq!(output.status.code(), Some(0), "{realm}: {said}");
        assert!(said.contains("✓ Đăng nhập thành công.") && said.contains("0 vấn đề"), "{said}");
        assert!(said.contains(": có, 12 chữ số."), "{said}");
        let citizen = &seeded()[0];
        for secret in [&citizen.full_name, &citizen.username, &citizen.phones[0], "portal-demo-secret", "eyJ", "code="]
        {
            assert!(!said.contains(secret), "{realm}: {secret} in\n{said}");
        }
    }
}

#[tokio::test]
async fn a_problem_ends_it_with_1_and_says_what_to_do() {
    let mock = mock().await;
    let whole = arguments(&mock, "vneid");
    let arguments: Vec<&str> = whole.iter().map(String::as_str).collect();
    mock.control().fault(Fault::new(Place::Token, What::SourceRefused));
    let output = doctor(&arguments, &[secret("vneid"), ("LANG", "en_US.UTF-8")], "").await;
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("✗ ") && said.contains("usually means that the address is not on the provider's list"),
        "{said}"
    );
    assert!(said.contains("1 problems"), "{said}");

    // Settings that can never work are a finding too.
    let output = doctor(&["--dialect=vneid", "--client-id=c", "--lang=en"], &[secret("vneid")], "").await;
    let said = self::said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("`token_url`") && said.contains("VNEID_TOKEN_URL"), "{said}");
}

#[tokio::test]
async fn without_an_answer_at_once_it_shows_the_address_and_asks() {
    let mock = MockIdp::builder().deterministic(1).start().await.unwrap();
    let whole = arguments(&mock, "dvcqg");
    let arguments: Vec<&str> = whole.iter().map(String::as_str).collect();
    let address = format!("{}/oauth2/authorize?", mock.realm("dvcqg"));
    for (typed, expected) in [
        ("", "Chưa đăng nhập"),
        ("\n", "Chưa đăng nhập"),
        ("http://127.0.0.1:8080/auth/callback/dvcqg?code=a+b/c==&state=another\n", "`state`"),
        ("nothing\n", "Không đọc được địa chỉ quay về"),
        ("http://127.0.0.1:8080/auth/callback/dvcqg?error=access_denied&state=s\n", "`state`"),
    ] {
        let output = doctor(&arguments, &[secret("dvcqg")], typed).await;
        let said = said(&output);
        assert!(said.contains(&address) && said.contains(expected), "{typed}: {said}");
        assert_eq!(output.status.code(), Some(i32::from(!expected.starts_with("Chưa"))), "{typed}: {said}");
    }
}

#[tokio::test]
async fn a_wrong_call_ends_it_with_2_and_help_with_0() {
    for wrong in [
        &[][..],
        &["--dialect", "saml"],
        &["--dialect"],
        &["--lang", "fr"],
        &["--prefix", "OTHER"],
        &["--unknown", "x"],
        &["stray"],
        &["--client-secret", "hunter2"],
        &["--dialect", "vneid-sealed"],
        &["--dialect", "oidc", "--client-secret-file", "/no/such/file"],
        &["--dialect", "oidc", "--required-level", "3"],
    ] {
        let output = doctor(wrong, &[], "").await;
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", said(&output));
        assert!(!said(&output).contains("hunter2") && said(&output).contains("--dialect"), "{wrong:?}");
    }
    assert_eq!(doctor(&["--help"], &[], "").await.status.code(), Some(0));
}
