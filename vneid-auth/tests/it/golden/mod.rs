//! Recorded-shape answers of every dialect, about invented people: `tests/golden/<dialect>/*.json`, one exchange a file
//! ([`file`] says what is in it). A new quirk is one file more.

mod claims;
mod exchange;
mod file;
pub(crate) mod person;
mod settings;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use exchange::Outcome;
use file::File;
use settings::Dialect;

/// So many files of a dialect succeed, and so many fail, at least.
const GOOD: usize = 8;
const BAD: usize = 15;

#[tokio::test]
async fn dvcqg_answers() {
    all_of(Dialect::Dvcqg).await;
}

#[tokio::test]
async fn vneid_answers() {
    all_of(Dialect::Vneid).await;
}

#[tokio::test]
async fn vneid_sealed_answers() {
    all_of(Dialect::VneidSealed).await;
}

#[tokio::test]
async fn oidc_answers() {
    all_of(Dialect::Oidc).await;
}

async fn all_of(dialect: Dialect) {
    let (mut good, mut bad, mut wrong) = (0, 0, Vec::new());
    let mut unopened = BTreeSet::new();
    for path in listed(dialect) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = match File::read(&path) {
            Ok(file) => file,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let outcome = exchange::run(dialect, &file).await;
        wrong.extend(outcome.wrong(&file).into_iter().map(|what| format!("{name}: {what}\n    ({})", file.about)));
        match outcome {
            Outcome::Identified { .. } => good += 1,
            Outcome::Refused { reason, text, .. } => {
                bad += 1;
                if reason == "NotOpened" {
                    unopened.insert(text);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {dialect:?} are not as they should be:\n{}", wrong.len(), wrong.join("\n"));
    assert!(good >= GOOD && bad >= BAD, "{dialect:?}: {good} succeed and {bad} fail, not {GOOD} and {BAD} or more");
    // Whoever can tell one failure to open an envelope from another can open somebody else's.
    assert!(unopened.len() <= 1, "envelopes that do not open are told apart: {unopened:?}");
}

fn listed(dialect: Dialect) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(dialect.folder());
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
