//! Reads the hand-written table of a machine's documentation and compares it, cell by cell, with what the machine does.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// What a machine answered, as a cell of the table says it: `Next + Effect`, or `✗ Refusal`.
pub(crate) fn cell<S: Debug, E: Debug, R: Debug>(answer: &Result<(S, Vec<E>), R>) -> String {
    match answer {
        Ok((next, effects)) => {
            effects.iter().fold(variant(next), |text, effect| format!("{text} + {}", variant(effect)))
        }
        Err(refusal) => format!("✗ {}", variant(refusal)),
    }
}

/// The name of an enum's variant.
pub(crate) fn variant(value: &impl Debug) -> String {
    format!("{value:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}

/// Walks every pair of state and event and compares the answer with the table's cell. The table must name exactly
/// these states (rows) and events (columns).
pub(crate) fn check<S, E>(source: &str, states: &[(&str, S)], events: &[(&str, E)], on: impl Fn(&S, &E) -> String) {
    let table = parse(source);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (state_name, state) in states {
        for (event_name, event) in events {
            let said = table.get(&((*state_name).to_owned(), (*event_name).to_owned()));
            let did = on(state, event);
            seen += 1;
            if said.map(String::as_str) != Some(did.as_str()) {
                wrong.push(format!("{state_name} × {event_name}: the table says {said:?}, the machine does {did:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(seen, table.len(), "the table has states or events that the test does not walk");
}

fn parse(source: &str) -> BTreeMap<(String, String), String> {
    let rows: Vec<Vec<String>> = source
        .lines()
        .filter_map(|line| line.strip_prefix("//! |"))
        .map(|line| line.trim_end_matches('|').split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect())
        .collect();
    let (head, body) = rows.split_first().expect("a table");
    let mut cells = BTreeMap::new();
    for row in &body[1..] {
        assert_eq!(row.len(), head.len(), "ragged row {row:?}");
        for (event, cell) in head.iter().zip(row).skip(1) {
            cells.insert((row[0].clone(), event.clone()), cell.clone());
        }
    }
    cells
}
