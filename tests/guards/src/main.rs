//! Shows that the tests notice when a guard is missing: switches each off in turn in a copy of the tree, and expects one
//! of its tests to fail.

mod entry;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use entry::Guard;
use tree::{Ran, Tree};

fn main() -> ExitCode {
    let wanted: Vec<String> = env::args().skip(1).collect();
    match run(&wanted) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Whether every guard that was tried is noticed.
fn run(wanted: &[String]) -> Result<bool, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let listed = all(&root)?;
    if wanted.iter().any(|word| word == "--check") {
        println!("{} guards, each found in its file", listed.len());
        return Ok(true);
    }
    let mut guards = listed.clone();
    guards.retain(|guard| wanted.is_empty() || wanted.iter().any(|word| is_meant(guard, word)));
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let tree = Tree::copy(&root, target.join("guards"))?;
    untouched(&tree, &guards)?;
    let mut outcomes = Vec::new();
    for guard in &guards {
        let outcome = Outcome::of(&tree.without(guard)?);
        println!("{:<28} {}", outcome.text(), guard.name);
        outcomes.push(outcome);
    }
    let noticed = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Noticed(_))).count();
    println!("{noticed} of {} guards are noticed when they are missing", guards.len());
    let (page, rows) = (root.join("docs/guards.md"), rows(&guards, &outcomes));
    let before = fs::read_to_string(&page).unwrap_or_default();
    fs::create_dir_all(root.join("docs"))?;
    fs::write(page, report(&listed, &rows, &before))?;
    Ok(noticed == guards.len())
}

/// A word of a guard's name, or its list.
fn is_meant(guard: &Guard, word: &str) -> bool {
    if word.ends_with(".toml") { guard.list == word } else { guard.name.contains(word) }
}

/// Every list beside this crate, each guard found exactly once in its file.
fn all(root: &Path) -> Result<Vec<Guard>, Box<dyn Error>> {
    let mut lists: Vec<PathBuf> = fs::read_dir(root.join("tests/guards"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    lists.retain(|path| path.extension().is_some_and(|ending| ending == "toml") && !path.ends_with("Cargo.toml"));
    lists.sort();
    let mut guards = Vec::new();
    for list in lists {
        let read = entry::read(&fs::read_to_string(&list)?).map_err(|error| format!("{}: {error}", list.display()))?;
        let name = list.file_name().unwrap_or_default().to_string_lossy();
        guards.extend(read.into_iter().map(|guard| Guard { list: name.to_string(), ..guard }));
    }
    let mut names = BTreeSet::new();
    for guard in &guards {
        let source = fs::read_to_string(root.join(&guard.file)).map_err(|error| format!("{}: {error}", guard.file))?;
        let times = source.matches(&guard.find).count();
        if times != 1 {
            return Err(format!("{:?}: its text stands {times} times in {}, not once", guard.name, guard.file).into());
        }
        if !names.insert(&guard.name) {
            return Err(format!("two guards are called {:?}", guard.name).into());
        }
    }
    Ok(guards)
}

/// A test that fails, or is not there, with every guard in place proves nothing.
fn untouched(tree: &Tree, guards: &[Guard]) -> Result<(), Box<dyn Error>> {
    let mut tests: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for guard in guards {
        tests.entry(&guard.package).or_default().extend(guard.tests.iter().cloned());
    }
    for (package, named) in tests {
        let named: Vec<String> = named.into_iter().collect();
        match tree.run(package, &named)? {
            Ran::Ended { passed, .. } => {
                let missing: Vec<&String> = named.iter().filter(|name| !passed.contains(name)).collect();
                if !missing.is_empty() {
                    return Err(format!("with every guard in place these do not pass: {missing:?}").into());
                }
            }
            other => return Err(format!("{package}, with every guard in place: {other:?}").into()),
        }
    }
    Ok(())
}

/// What a missing guard led to.
enum Outcome {
    /// These tests failed.
    Noticed(Vec<String>),
    NotNoticed,
    NotCompiled(String),
    Hung,
}

impl Outcome {
    fn of(ran: &Ran) -> Self {
        match ran {
            Ran::Ended { failed, .. } if !failed.is_empty() => Self::Noticed(failed.clone()),
            Ran::Ended { .. } => Self::NotNoticed,
            Ran::NotCompiled(why) => Self::NotCompiled(why.clone()),
            Ran::Hung => Self::Hung,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Noticed(_) => "fails as it should".into(),
            Self::NotNoticed => "NOT NOTICED".into(),
            Self::NotCompiled(why) => format!("does not compile ({why})"),
            Self::Hung => "hangs".into(),
        }
    }
}

/// The page's rows for these guards, by their names.
fn rows(guards: &[Guard], outcomes: &[Outcome]) -> BTreeMap<String, String> {
    let row = |(guard, outcome): (&Guard, &Outcome)| {
        let tests = if let Outcome::Noticed(failed) = outcome { failed } else { &guard.tests };
        let tests: Vec<String> = tests.iter().map(|name| format!("`{name}`")).collect();
        (guard.name.clone(), format!("{}{} | {} |", start(guard), tests.join(", "), cell(&outcome.text())))
    };
    guards.iter().zip(outcomes).map(row).collect()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn start(guard: &Guard) -> String {
    format!("| {} | ", cell(&guard.name))
}

/// The page: for each guard of the lists its newest row, from this run or from the page as it was.
fn report(listed: &[Guard], rows: &BTreeMap<String, String>, before: &str) -> String {
    let mut text = String::from(
        "# Guards\n\nWritten by `tests/guards/run`: each guard is switched off in a copy of the tree, and a test has to fail \
         then. The second\ncolumn names the tests that did.\n\n| guard | tests that fail without it | outcome |\n| --- | --- | --- |\n",
    );
    for guard in listed {
        let older = || before.lines().find(|line| line.starts_with(&start(guard))).map(str::to_owned);
        let row = rows.get(&guard.name).cloned().or_else(older);
        text.push_str(&row.unwrap_or_else(|| format!("{} | not run yet |", start(guard))));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_the_rows_of_the_guards_that_did_not_run() {
        let guard = |name: &str| Guard { name: name.into(), tests: vec!["t".into()], ..Guard::default() };
        let listed = [guard("a"), guard("ab"), guard("c|d")];
        let first = report(&listed, &rows(&listed[..2], &[Outcome::NotNoticed, Outcome::Hung]), "");
        let page = report(&listed, &rows(&listed[1..2], &[Outcome::Noticed(vec!["t".into()])]), &first);
        assert!(
            page.ends_with(
                "| a | `t` | NOT NOTICED |\n| ab | `t` | fails as it should |\n| c\\|d |  | not run yet |\n"
            ),
            "{page}"
        );
    }
}
