//! A copy of the tree, in which guards are switched off, and the tests that run there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use crate::entry::{Guard, PACKAGE};

/// Tests that take longer than this hang.
const PATIENCE: Duration = Duration::from_secs(240);

/// Has its cases in the test `main` and a few beside its code, which are built only when they are asked for.
const MOCK: &str = "vneid-mock-idp";

/// Has the tests of its public surface in the test `it`, and most beside its code.
const CORE: &str = "vneid-auth";

/// The modules of the core's test `it`; none of the crate itself has such a name.
const PUBLIC: [&str; 6] = ["attempts::", "golden::", "renamed::", "settings::", "gateways::", "population::"];

/// A copy of the tree with a build directory of its own: cargo tells two trees in one build directory apart by the times
/// of their files alone, and would take the one's build for the other's.
pub struct Tree {
    root: PathBuf,
}

/// What became of some tests.
#[derive(Debug, PartialEq, Eq)]
pub enum Ran {
    /// The tree does not compile; the last lines of why.
    NotCompiled(String),
    /// They did not end in time.
    Hung,
    /// The tests that passed and those that failed.
    Ended { passed: Vec<String>, failed: Vec<String> },
}

impl Tree {
    /// Copies what belongs to the tree at `from` to `root`. Files that are the same already are left alone, so that only
    /// what changed since the last run is built.
    pub fn copy(from: &Path, root: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(root.join("target"))?;
        let listed = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .current_dir(from)
            .output()?;
        let listed = String::from_utf8(listed.stdout).map_err(io::Error::other)?;
        for name in listed.split('\0').filter(|name| !name.is_empty() && from.join(name).is_file()) {
            let (source, copy) = (fs::read(from.join(name))?, root.join(name));
            if fs::read(&copy).ok().as_ref() != Some(&source) {
                fs::create_dir_all(copy.parent().unwrap_or(&root))?;
                fs::write(copy, source)?;
            }
        }
        Ok(Self { root })
    }

    /// Runs the guard's tests with the guard switched off, and switches it on again.
    pub fn without(&self, guard: &Guard) -> io::Result<Ran> {
        let file = self.root.join(&guard.file);
        let source = fs::read_to_string(&file)?;
        fs::write(&file, source.replacen(&guard.find, &guard.replace, 1))?;
        let ran = self.run(&guard.package, &guard.tests);
        fs::write(&file, source)?;
        ran
    }

    /// Runs these tests of a package.
    pub fn run(&self, package: &str, tests: &[String]) -> io::Result<Ran> {
        let public = |test: &String| PUBLIC.iter().any(|module| test.starts_with(module));
        let kind: &[&str] = match package {
            PACKAGE => &["--test", "all"],
            MOCK if tests.iter().all(|test| test.starts_with("cases::")) => &["--test", "main"],
            MOCK => &["--lib", "--test", "main"],
            CORE if tests.iter().all(public) => &["--test", "it"],
            CORE if tests.iter().any(public) => &["--lib", "--test", "it"],
            _ => &["--lib"],
        };
        let built = self.cargo(package, kind).arg("--no-run").output()?;
        if !built.status.success() {
            let said = String::from_utf8_lossy(&built.stderr).into_owned();
            let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error")).collect();
            return Ok(Ran::NotCompiled(errors.join("; ")));
        }
        let log = self.root.join("target/tests.log");
        let mut child = self
            .cargo(package, kind)
            .args(["--", "--exact"])
            .args(tests)
            .stdout(fs::File::create(&log)?)
            .stderr(Stdio::null())
            .spawn()?;
        let begun = Instant::now();
        while child.try_wait()?.is_none() {
            if begun.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                return Ok(Ran::Hung);
            }
            #[allow(clippy::disallowed_methods, reason = "no task runs here")]
            thread::sleep(Duration::from_millis(50));
        }
        let said = fs::read_to_string(&log)?;
        let named = |end: &str| -> Vec<String> {
            let lines = said.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(end));
            lines.map(|name| name.trim_end().to_owned()).collect()
        };
        Ok(Ran::Ended { passed: named("... ok"), failed: named("... FAILED") })
    }

    fn cargo(&self, package: &str, kind: &[&str]) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.args(["test", "--package", package]).args(kind).current_dir(&self.root);
        if package == CORE {
            cargo.arg("--all-features");
        }
        cargo
            // A test that passes because it was skipped would tell nothing.
            .env("REQUIRE_SERVICES", "1")
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env("RUST_BACKTRACE", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        cargo
    }
}
