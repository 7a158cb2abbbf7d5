//! The tests in the tree that name a case: `fn c76_…`, `fn c14_c15_…`, and the checks of `tests/interop`.

use std::fs;
use std::path::Path;

/// A test that names cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `C14`, `C15`.
    pub ids: Vec<String>,
    /// The function's, or the check's, name.
    pub name: String,
    /// From the root of the tree.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// What it goes through.
    pub way: Way,
}

/// What a test goes through. A case asks for the whole way, or for a machine's own `on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A unit test beside the code.
    Inside,
    /// A state machine, as shipped.
    Machine,
    /// The whole way, over HTTP.
    Http,
}

impl Way {
    /// Where a test stands tells what it goes through.
    fn of(path: &str) -> Self {
        let beside_the_code =
            path.contains("/src/") && !path.starts_with("tests/contract/") && !path.starts_with("tests/browser/");
        if path.starts_with("vneid-auth/src/flow/") {
            Self::Machine
        } else if beside_the_code {
            Self::Inside
        } else {
            Self::Http
        }
    }
}

/// Every test below `root` that names a case, and what is wrong with some of them.
pub fn scan(root: &Path) -> Result<(Vec<Found>, Vec<String>), String> {
    let mut paths = Vec::new();
    walk(root, &mut paths)?;
    paths.sort();
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for path in paths {
        let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).map_err(|error| format!("{shown}: {error}"))?;
        if shown.ends_with(".rs") {
            read_rust(&shown, &text, &mut found, &mut wrong);
        } else if shown.starts_with("tests/interop/") {
            read_script(&shown, &text, &mut found);
        }
    }
    Ok((found, wrong))
}

fn walk(folder: &Path, paths: &mut Vec<std::path::PathBuf>) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(told)? {
        let entry = entry.map_err(told)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let kind = entry.file_type().map_err(told)?;
        if kind.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
            walk(&path, paths)?;
        } else if kind.is_file() && [".rs", ".mjs", ".py"].iter().any(|ending| name.ends_with(ending)) {
            paths.push(path);
        }
    }
    Ok(())
}

fn read_rust(path: &str, text: &str, found: &mut Vec<Found>, wrong: &mut Vec<String>) {
    // The attributes since the last line that was none: whether the next function is a test, and whether it runs.
    let (mut is_test, mut is_ignored) = (false, false);
    for (line, code) in (1..).zip(text.lines().map(str::trim)) {
        if let Some(attribute) = code.strip_prefix("#[") {
            let attribute = attribute.split([']', '(']).next().unwrap_or_default();
            is_test |= attribute == "test" || attribute.ends_with("::test");
            is_ignored |= attribute.split([' ', '=']).next() == Some("ignore");
            continue;
        }
        if code.starts_with("//") {
            continue;
        }
        if let Some(name) = function_name(code) {
            let ids = ids(name);
            match (ids.is_empty(), is_test, is_ignored) {
                (true, ..) => {}
                (_, false, _) => wrong.push(format!("{path}:{line}: {name} names a case and is no test")),
                (_, _, true) => wrong.push(format!("{path}:{line}: {name} names a case and is ignored")),
                _ => found.push(Found { ids, name: name.to_owned(), path: path.to_owned(), line, way: Way::of(path) }),
            }
        }
        (is_test, is_ignored) = (false, false);
    }
}

fn function_name(code: &str) -> Option<&str> {
    let rest = code.strip_prefix("pub ").unwrap_or(code);
    let rest = rest.strip_prefix("async ").unwrap_or(rest);
    rest.strip_prefix("fn ")?.split(['(', '<']).next()
}

/// The judges' scripts say what they check: `check("d38_…", …)`.
fn read_script(path: &str, text: &str, found: &mut Vec<Found>) {
    for (line, code) in (1..).zip(text.lines()) {
        for quote in ["check(\"", "check('"] {
            let name = code.split_once(quote).and_then(|(_, rest)| rest.split(['"', '\'']).next());
            let Some(name) = name else { continue };
            let ids = ids(name);
            if !ids.is_empty() {
                found.push(Found { ids, name: name.to_owned(), path: path.to_owned(), line, way: Way::Http });
            }
        }
    }
}

/// A name that begins with a case's number names every case whose number stands in it.
fn ids(name: &str) -> Vec<String> {
    let number = |word: &str| {
        let digits = word.strip_prefix(['c', 'd'])?;
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| word.to_ascii_uppercase())
    };
    if name.split('_').next().and_then(number).is_none() {
        return Vec::new();
    }
    // C0 is the chapter of the foundation's modules, which count by the cases that cover them.
    name.split('_').filter_map(number).filter(|id| id != "C0").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Found>, Vec<String>) {
        let (mut found, mut wrong) = (Vec::new(), Vec::new());
        read_rust("vneid-auth/src/provider/x.rs", text, &mut found, &mut wrong);
        (found, wrong)
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        assert_eq!(ids("c14_c15_local_paths"), ["C14", "C15"]);
        assert_eq!(ids("c80_decoys_and_c81_absent_ids"), ["C80", "C81"]);
        assert_eq!(ids("c0_c79_keys_come_from_the_metadata"), ["C79"]);
        assert_eq!(ids("citizen_1"), Vec::<String>::new());
        assert_eq!(ids("the_c14_case"), Vec::<String>::new());
    }

    #[test]
    fn tests_are_told_from_helpers_and_from_ignored_ones() {
        let (found, wrong) = read(concat!(
            "#[test]\nfn c1_a() {}\n",
            "#[tokio::test(flavor = \"multi_thread\")]\n// why\nasync fn c2_b() {}\n",
            "fn c3_c() {}\n",
            "#[test]\n#[ignore = \"slow\"]\nfn c4_d() {}\n",
            "#[cfg(test)]\nmod tests {}\n",
        ));
        assert_eq!(
            found.iter().map(|found| (found.name.as_str(), found.line)).collect::<Vec<_>>(),
            [("c1_a", 2), ("c2_b", 5)]
        );
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong[0].contains("x.rs:6: c3_c") && wrong[1].contains("c4_d"), "{wrong:?}");
    }

    #[test]
    fn scripts_name_their_checks() {
        let mut found = Vec::new();
        read_script(
            "tests/interop/a.mjs",
            "await check('d11_d44_login', async () => {})\ncheck(\"other\", f)\n",
            &mut found,
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].ids, ["D11", "D44"]);
    }

    #[test]
    fn where_a_test_stands_tells_its_way() {
        for (path, way) in [
            ("vneid-auth/src/flow/login.rs", Way::Machine),
            ("vneid-auth/src/web/origin.rs", Way::Inside),
            ("tests/mock-idp/src/keys.rs", Way::Inside),
            ("tests/mock-idp/tests/token.rs", Way::Http),
            ("tests/contract/tests/callback.rs", Way::Http),
            ("tests/contract/src/world.rs", Way::Http),
        ] {
            assert_eq!(Way::of(path), way, "{path}");
        }
    }
}
