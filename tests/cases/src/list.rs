//! The list itself, read from `cases.txt`.

/// One case of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// `C76`, `D38`, or the name of an OpenID Foundation module.
    pub id: String,
    /// What happens, shortly.
    pub title: String,
    /// What is expected of us.
    pub scope: Scope,
    /// Where the contract, or our way, differs from the usual.
    pub note: Option<String>,
}

/// What is expected of us for a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// A test of its own.
    Test,
    /// The tests of these cases.
    By(Vec<String>),
    /// Nothing, for this reason.
    Not(String),
    /// Nothing yet: this brings it.
    Later(String),
}

/// Cases that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The heading.
    pub name: String,
    /// In the list's order.
    pub cases: Vec<Case>,
}

/// Reads the list; an error names its line.
pub fn parse(text: &str) -> Result<Vec<Group>, String> {
    let mut groups: Vec<Group> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let at = |what: &str| format!("cases.txt:{number}: {what}");
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            groups.push(Group { name: name.to_owned(), cases: Vec::new() });
            continue;
        }
        let case = parse_case(line).map_err(|what| at(&what))?;
        if groups.iter().flat_map(|group| &group.cases).any(|other| other.id == case.id) {
            return Err(at(&format!("{} stands here twice", case.id)));
        }
        groups.last_mut().ok_or_else(|| at("a case before the first heading"))?.cases.push(case);
    }
    check_references(&groups)?;
    Ok(groups)
}

fn parse_case(line: &str) -> Result<Case, String> {
    let mut parts = line.split(" | ").map(str::trim);
    let (id, title) =
        parts.next().and_then(|head| head.split_once(char::is_whitespace)).ok_or("a case has an id and a title")?;
    let mut case = Case { id: id.to_owned(), title: title.trim().to_owned(), scope: Scope::Test, note: None };
    for part in parts {
        let (key, value) = part.split_once(':').ok_or_else(|| format!("{part:?} has no colon"))?;
        let value = value.trim();
        if value.is_empty() {
            return Err(format!("{key:?} gives no reason"));
        }
        let scope = match key {
            "not" => Scope::Not(value.to_owned()),
            "later" => Scope::Later(value.to_owned()),
            "by" => Scope::By(value.split_whitespace().map(str::to_owned).collect()),
            "note" => {
                case.note = Some(value.to_owned());
                continue;
            }
            _ => return Err(format!("{key:?} is not one of not, later, by, note")),
        };
        if case.scope != Scope::Test {
            return Err("a case has one of not, later, by".to_owned());
        }
        case.scope = scope;
    }
    Ok(case)
}

/// `by` leads to cases that have tests of their own, so that nothing is covered by what is itself put off.
fn check_references(groups: &[Group]) -> Result<(), String> {
    let cases = || groups.iter().flat_map(|group| &group.cases);
    for case in cases() {
        let Scope::By(others) = &case.scope else { continue };
        for other in others {
            match cases().find(|case| case.id == *other) {
                None => return Err(format!("{}: there is no case {other}", case.id)),
                Some(found) if found.scope != Scope::Test => {
                    return Err(format!("{}: {other} has no test of its own", case.id));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_in_the_tree_reads() {
        let groups = parse(include_str!("../cases.txt")).unwrap();
        let ids: Vec<_> = groups.iter().flat_map(|group| &group.cases).map(|case| case.id.as_str()).collect();
        for (letter, last) in [('C', 170), ('D', 101)] {
            for number in 1..=last {
                assert!(ids.contains(&format!("{letter}{number}").as_str()), "{letter}{number}");
            }
        }
    }

    #[test]
    fn every_part_of_a_line_is_read() {
        let groups = parse("[G]\nC1  a title | note: n\nC2 b | not: r: s\nC3 c | by: C1 | note: m\n").unwrap();
        let cases = &groups[0].cases;
        assert_eq!((cases[0].title.as_str(), cases[0].note.as_deref()), ("a title", Some("n")));
        assert_eq!(cases[1].scope, Scope::Not("r: s".to_owned()));
        assert_eq!(cases[2].scope, Scope::By(vec!["C1".to_owned()]));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, part) in [
            ("C1 a", "before the first heading"),
            ("[G]\nC1", "cases.txt:2"),
            ("[G]\nC1 a\nC1 b", "twice"),
            ("[G]\nC1 a | not:", "no reason"),
            ("[G]\nC1 a | maybe: b", "not one of"),
            ("[G]\nC1 a | not: b | later: c", "one of not, later, by"),
            ("[G]\nC1 a | by: C9", "no case C9"),
            ("[G]\nC1 a | later: b\nC2 c | by: C1", "no test of its own"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }
}
