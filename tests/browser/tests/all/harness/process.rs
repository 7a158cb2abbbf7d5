//! A program that ends with the test that started it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a program may take to say that it is ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running program. It is killed when this is dropped; what it logged is shown when the test fails.
pub struct Process {
    name: String,
    child: Child,
    lines: Receiver<String>,
    log: Arc<Mutex<String>>,
    logging: Option<JoinHandle<()>>,
}

impl Process {
    pub fn start(name: &str, command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let (said, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        // Reads on to the end, so that the program never waits for a full pipe.
        thread::spawn(move || out.lines().map_while(Result::ok).for_each(|line| drop(said.send(line))));
        let log = Arc::new(Mutex::new(String::new()));
        let (errors, kept) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
        let logging = thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        Self { name: name.to_owned(), child, lines, log, logging: Some(logging) }
    }

    /// What follows `prefix` in the first line that has it.
    pub fn announced(&mut self, prefix: &str) -> Result<String, String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).map_err(|error| {
                if error == RecvTimeoutError::Disconnected {
                    // It has ended, and why is what it said last.
                    let _ = self.logging.take().map(JoinHandle::join);
                }
                format!("{} never said {prefix:?}:\n{}", self.name, self.log.lock().unwrap())
            })?;
            if let Some((_, rest)) = line.split_once(prefix) {
                return Ok(rest.trim().to_owned());
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let ended = self.child.try_wait().ok().flatten();
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.log.lock().map(|log| log.clone()).unwrap_or_default();
            let ended = ended.map_or("was still running".to_owned(), |status| format!("had ended: {status}"));
            eprintln!("---- {} {ended}; it logged:\n{log}", self.name);
        }
    }
}
