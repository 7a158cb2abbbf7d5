//! A server that ends with the test program, also when that is killed.

use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Ends the server when nobody holds the other end of its input any more: the kernel lets go of that end for a program
/// that was killed. Then removes what the server kept, unless a file `stays` lies there.
const KEEPER: &str = r#"trap '' INT TERM; signal=$1 kept=$2; shift 2; "$@" </dev/null & server=$!
read -r _; kill -"$signal" "$server" 2>/dev/null; wait "$server" 2>/dev/null
[ -e "$kept/stays" ] || rm -rf "$kept""#;

/// A running server.
pub(crate) struct Process {
    keeper: Child,
    /// Open while the server shall run.
    open: Option<ChildStdin>,
}

impl Process {
    /// Starts it; it gets this signal in the end. What it says goes into `kept/log`.
    pub(crate) fn start(command: &[&str], signal: &str, kept: &Path) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(kept.join("log")).unwrap();
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper", signal])
            .arg(kept)
            .args(command)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("a shell");
        let open = keeper.stdin.take();
        Self { keeper, open }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.open.take());
        let _ = self.keeper.wait();
    }
}
