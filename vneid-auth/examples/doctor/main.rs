//! Checks a provider's settings against its live endpoints, and says in plain words what is wrong.
//!
//! ```text
//! cargo run -p vneid-auth --example doctor -- --dialect dvcqg --client-id … --client-secret-file …
//! ```
//!
//! The settings are the example portals' variables, or arguments of the same names; `--help` lists them. What it prints
//! holds no token, no code and nobody's data, so it can be sent to whoever helps. It ends with 0 when all is well, 1 when
//! there are problems, 2 when it was called wrongly.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod settings;
mod terminal;

use std::process::ExitCode;
use std::sync::Arc;

use vneid_auth::error::Language;
use vneid_auth::provider::doctor::{Doctor, Finding, Severity};
use vneid_auth::random::SystemRandomness;
use vneid_auth::time::SystemClock;

use arguments::Arguments;
use settings::Settings;
use terminal::Terminal;

const WRONG_USAGE: u8 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let environment = |name: &str| std::env::var(name).ok();
    let arguments = match Arguments::read(std::env::args().skip(1), environment) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{}", arguments::HELP);
            return ExitCode::SUCCESS;
        }
        Err(problem) => return wrong_usage(&problem),
    };
    match Settings::read(&arguments) {
        Ok(settings) => examine(settings, arguments.language).await,
        Err(problem) => wrong_usage(&problem),
    }
}

async fn examine(settings: Settings, language: Language) -> ExitCode {
    let mut terminal = Terminal { language };
    let (clock, randomness) = (Arc::new(SystemClock), Arc::new(SystemRandomness));
    println!("redirect URI: {}\n", settings.redirect_uri);
    let findings = match Doctor::new(settings.config, settings.http, clock, randomness, &settings.redirect_uri) {
        Ok(doctor) => doctor.examine(&mut terminal).await,
        Err(error) => {
            let setting = match error.setting() {
                "checked_id_token" => "jwks_url",
                setting => setting,
            };
            let variable = format!("{}_{}", settings.prefix, setting.to_ascii_uppercase());
            let finding = Finding::from(error);
            terminal.print(&finding);
            println!("  → {variable}");
            vec![finding]
        }
    };
    let count = |severity| findings.iter().filter(|finding| finding.severity() == severity).count();
    let (problems, notes) = (count(Severity::Problem), count(Severity::Note));
    match language {
        Language::Vietnamese => println!("\nKết luận: {problems} vấn đề, {notes} lưu ý."),
        Language::English => println!("\nConclusion: {problems} problems, {notes} notes."),
    }
    ExitCode::from(u8::from(problems > 0))
}

fn wrong_usage(problem: &str) -> ExitCode {
    eprintln!("{problem}\n\n{}", arguments::HELP);
    ExitCode::from(WRONG_USAGE)
}
