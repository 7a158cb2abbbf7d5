//! The program itself: its settings, its messages, its end (D10 and D100).

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/keys/demo-2.pem");
const STYLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/mock.css");

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_vneid-mock-idp"));
    program.env_remove("MOCK_IDP_LISTEN").env_remove("RUST_LOG");
    program
}

fn run(args: &[&str]) -> (Output, String) {
    let output = program().args(args).output().unwrap();
    let text = String::from_utf8(if output.status.success() { output.stdout.clone() } else { output.stderr.clone() });
    (output, text.unwrap())
}

#[test]
fn d100_errors_of_the_configuration_say_where() {
    let folder = std::env::temp_dir().join(format!("vneid-mock-idp-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("mock.json");
    let path = file.to_str().unwrap();
    let settings = "{\n  \"listen\": \"127.0.0.1:0\",\n  \"colour\": \"red\"\n}";
    std::fs::write(&file, settings).unwrap();
    let (output, text) = run(&["--config", path, "--check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text.contains(&format!("{path}:3:")) && text.contains("colour"), "{text}");

    let key = std::fs::read_to_string(KEY).unwrap();
    let sealed = serde_json::json!({"clients": [{
        "id": "portal", "secret": "s", "sealing_key_pem": key, "sealed_cipher": "cbc", "birth_date_form": "dd/MM/yyyy",
        "vneid_id_token": true,
    }]});
    std::fs::write(&file, sealed.to_string()).unwrap();
    assert!(run(&["--config", path, "--check"]).0.status.success());
    std::fs::write(&file, "{\n  \"clients\": [{\"id\": \"portal\", \"secret\": \"s\"}]\n}").unwrap();
    assert!(run(&["--config", path, "--check"]).0.status.success());
    let (output, text) = run(&["--config", path, "--client", "portal:t:https://portal.example/cb", "--check"]);
    assert!(!output.status.success() && text.contains("`portal` is registered twice"), "{text}");
    std::fs::remove_dir_all(&folder).unwrap();

    for (args, message) in [
        (&["--lisen", "127.0.0.1:1"][..], "unknown argument --lisen"),
        (&["--listen", "0.0.0.0:0"], "--public"),
        (&["--auto-login", "123"], "no citizen"),
        (&["--issuer-base", "idp.example"], "issuer base"),
        (&["--config", "/nowhere/mock.json"], "/nowhere/mock.json"),
        (&["--client-key", "portal-demo:/nowhere/key.pem"], "/nowhere/key.pem"),
        (&["--client-key", &format!("nobody:{KEY}")], "nobody: no such client"),
        (&["--client-key", &format!("portal-demo:{STYLE}")], "portal-demo: no PEM"),
    ] {
        let (output, text) = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text.contains(message), "{text}");
    }
    assert!(run(&["--client-key", &format!("portal-demo:{KEY}"), "--check"]).0.status.success());
    let bad = program().env("MOCK_IDP_LISTEN", "somewhere").output().unwrap();
    assert!(String::from_utf8(bad.stderr).unwrap().contains("MOCK_IDP_LISTEN: `somewhere`"));
    let (_, text) = run(&["--listen", "127.0.0.1:9100", "--print-client"]);
    assert!(
        text.contains("VNEID_ISSUER=http://127.0.0.1:9100/oidc\n") && text.contains("VNEID_CLIENT_ID=portal-demo\n")
    );
    assert!(run(&["--help"]).1.contains("--auto-login"));
}

#[test]
fn d10_ctrl_c_frees_the_port() {
    let mut child =
        program().args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.next().unwrap().rsplit('/').next().unwrap().to_owned();
    let rest: Vec<String> = lines.by_ref().take_while(|line| !line.contains("Ctrl-C")).collect();
    assert!(rest.iter().any(|line| line.contains("log in as 001890000001 with password GiaLap@0001")), "{rest:?}");
    assert!(std::net::TcpStream::connect(&address).is_ok());
    assert!(std::net::TcpListener::bind(&address).is_err());
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert!(child.wait().unwrap().success());
    assert!(std::net::TcpListener::bind(&address).is_ok());
}
