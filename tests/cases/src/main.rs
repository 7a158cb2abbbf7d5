//! Which cases of the conformance list have a test, which have none, and why not.
//!
//! ```text
//! cargo run -p vneid-cases               every case
//! cargo run -p vneid-cases -- --missing  only what is missing or wrong
//! cargo run -p vneid-cases -- --strict   a unit test alone is not enough
//! ```
//!
//! Ends with status 1 when a case in scope has neither a test nor a reason, when a test names a case that is not in
//! the list, or when what names a case is no test that runs.

mod found;
mod list;

use std::path::Path;
use std::process::ExitCode;

use found::{Found, Way};
use list::{Case, Scope};

fn main() -> ExitCode {
    let mut options = Options { only_missing: false, strict: false };
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--missing" => options.only_missing = true,
            "--strict" => options.strict = true,
            _ => {
                eprintln!("usage: vneid-cases [--missing] [--strict]");
                return ExitCode::from(2);
            }
        }
    }
    match report(options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

#[derive(Clone, Copy)]
struct Options {
    only_missing: bool,
    strict: bool,
}

fn report(options: Options) -> Result<bool, String> {
    let groups = list::parse(include_str!("../cases.txt"))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (tests, mut wrong) = found::scan(&root)?;
    let known = |id: &String| groups.iter().flat_map(|group| &group.cases).any(|case| case.id == *id);
    for test in &tests {
        for id in test.ids.iter().filter(|id| !known(id)) {
            wrong.push(format!("{}:{}: {} names {id}, which is not in the list", test.path, test.line, test.name));
        }
    }

    let mut counts = Counts::default();
    for group in &groups {
        let mut heading = Some(&group.name);
        for case in &group.cases {
            let standing = Standing::of(case, &tests, options.strict);
            counts.add(&standing);
            if !options.only_missing || matches!(standing, Standing::Missing) {
                if let Some(name) = heading.take() {
                    println!("\n{name}");
                }
                print_case(case, &standing);
            }
        }
    }

    println!();
    for line in &wrong {
        println!("WRONG  {line}");
    }
    println!("{counts}");
    Ok(wrong.is_empty() && counts.missing == 0)
}

/// How a case stands.
enum Standing<'a> {
    Tested(Way, Vec<&'a Found>),
    /// By the tests of other cases.
    Covered(Way, &'a [String]),
    Not(&'a str),
    Later(&'a str),
    Missing,
}

impl<'a> Standing<'a> {
    fn of(case: &'a Case, tests: &'a [Found], strict: bool) -> Self {
        let enough = |way: &Way| !strict || *way != Way::Inside;
        let own = way_of(&case.id, tests);
        match (&case.scope, own) {
            // A test that came before its time counts.
            (_, Some(way)) if enough(&way) => {
                Self::Tested(way, tests.iter().filter(|test| test.ids.contains(&case.id)).collect())
            }
            (Scope::By(others), _) => {
                // As good as the weakest of them.
                let ways: Option<Vec<Way>> = others.iter().map(|other| way_of(other, tests)).collect();
                match ways.and_then(|ways| ways.into_iter().min()).filter(enough) {
                    Some(way) => Self::Covered(way, others),
                    None => Self::Missing,
                }
            }
            (Scope::Not(reason), _) => Self::Not(reason),
            (Scope::Later(what), _) => Self::Later(what),
            (Scope::Test, _) => Self::Missing,
        }
    }
}

/// The best way in which a test of this case goes.
fn way_of(id: &str, tests: &[Found]) -> Option<Way> {
    tests.iter().filter(|test| test.ids.iter().any(|other| other == id)).map(|test| test.way).max()
}

fn print_case(case: &Case, standing: &Standing<'_>) {
    let (word, why) = match standing {
        Standing::Tested(way, tests) => {
            let best = tests.iter().find(|test| test.way == *way);
            let more = if tests.len() > 1 { format!(" and {} more", tests.len() - 1) } else { String::new() };
            (tested(*way), best.map(|test| format!("{}:{} {}{more}", test.path, test.line, test.name)))
        }
        Standing::Covered(way, others) => (tested(*way), Some(format!("by {}", others.join(", ")))),
        Standing::Not(reason) => ("does not apply", Some((*reason).to_owned())),
        Standing::Later(what) => ("later", Some((*what).to_owned())),
        Standing::Missing => ("MISSING", None),
    };
    println!("  {word:<14}  {:<4}  {}", case.id, case.title);
    for line in [why, case.note.as_ref().map(|note| format!("({note})"))].into_iter().flatten() {
        println!("  {:<14}        {line}", "");
    }
}

fn tested(way: Way) -> &'static str {
    match way {
        Way::Http => "over HTTP",
        Way::Machine => "by the machine",
        Way::Inside => "unit test only",
    }
}

#[derive(Default)]
struct Counts {
    http: usize,
    machine: usize,
    inside: usize,
    not: usize,
    later: usize,
    missing: usize,
}

impl Counts {
    fn add(&mut self, standing: &Standing<'_>) {
        *match standing {
            Standing::Tested(Way::Http, _) | Standing::Covered(Way::Http, _) => &mut self.http,
            Standing::Tested(Way::Machine, _) | Standing::Covered(Way::Machine, _) => &mut self.machine,
            Standing::Tested(Way::Inside, _) | Standing::Covered(Way::Inside, _) => &mut self.inside,
            Standing::Not(_) => &mut self.not,
            Standing::Later(_) => &mut self.later,
            Standing::Missing => &mut self.missing,
        } += 1;
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { http, machine, inside, not, later, missing } = self;
        let tested = http + machine + inside;
        writeln!(f, "{tested} tested: {http} over HTTP, {machine} by the machine, {inside} by a unit test only")?;
        write!(f, "{not} do not apply, {later} come later, {missing} MISSING")
    }
}
