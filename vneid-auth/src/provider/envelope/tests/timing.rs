//! How long each failure takes, measured: what is refused early would tell by the clock what the error does not.

use std::time::{Duration, Instant};

use super::mutations::Dice;
use super::*;

/// Medians differ by less than this part of the whole. The RSA step alone varies more from one run to the next.
const TOLERANCE: f64 = 0.05;

const ROUNDS: usize = 3000;

#[test]
#[ignore = "measures, and so wants a quiet machine and --release"]
fn failures_take_the_same_time() {
    let padding = json::object(data("bad-padding.json").as_bytes()).unwrap();
    let bad = |name: &str| padding[name].as_str().unwrap().to_owned();
    let code = sealed(Cipher::Ecb, &KEY, IV, &[b'c'; 100]);
    let other = sealed(Cipher::Ecb, &[9; 32], IV, &[b'c'; 100]);
    let cases = [
        ("another key wrapped", code.clone(), wrap(&[9; 32])),
        ("no key wrapped", code.clone(), wrap(&[9; 31])),
        ("block type 1", code.clone(), bad("block type 1")),
        ("no separator", code.clone(), bad("no separator")),
        ("no base64 for a key", code.clone(), "?".repeat(344)),
        ("a short key", code.clone(), "AAAA".into()),
        ("no base64 for a code", "?".repeat(code.len()), wrap(&KEY)),
        ("another code", other, wrap(&KEY)),
    ];
    let envelope = envelope();
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); cases.len()];
    // In turn would not do: aws-lc renews its blinding at every 32nd operation, which would always be the same cases'.
    let mut dice = Dice(7);
    for _ in 0..ROUNDS * cases.len() {
        let at = dice.below(cases.len());
        let ((what, code, key), times) = (&cases[at], &mut times[at]);
        let (code, key) = (Secret::from(code.as_str()), Secret::from(key.as_str()));
        let start = Instant::now();
        let opened = envelope.code(&code, Some(&key));
        times.push(start.elapsed());
        assert_eq!(opened, Err(NOT_OPENED), "{what}");
    }
    let medians = times.iter_mut().map(|times| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e6
    });
    let medians: Vec<(&str, f64)> = cases.iter().map(|(what, ..)| *what).zip(medians).collect();
    let slowest = medians.iter().map(|(_, time)| *time).fold(0.0, f64::max);
    let quickest = medians.iter().map(|(_, time)| *time).fold(f64::MAX, f64::min);
    assert!((slowest - quickest) / slowest < TOLERANCE, "microseconds: {medians:#?}");
}
