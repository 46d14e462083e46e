//! The command line, driven as the built binary in a folder of its own.

mod api_keys;
mod audit;
mod blocklist;
mod clients;
mod configuration;
mod dev;
mod import;
mod keys;
mod login;
mod serve;
mod stores;
mod tls;
mod users;

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A folder, and the environment of the commands run in it.
struct Terminal {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// What a command printed, and its exit code.
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Terminal {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keywright"));
        // Settings of whoever runs the tests must not reach the command.
        let inherited =
            std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("KEYWRIGHT_"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(inherited)
            .env("HOME", self.path());
        command
            .env_remove("XDG_CONFIG_HOME")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
            .into()
    }

    fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// Runs a command with `--json` that must succeed.
    fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// Starts a server and waits for its first line on the given stream.
    fn start(&self, arguments: &[&str], line_from: Stream) -> Server {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        match line_from {
            Stream::Stdout => stdout.read_line(&mut first).unwrap(),
            Stream::Stderr => stderr.read_line(&mut first).unwrap(),
        };
        // Read on, or the server would stand still when the pipe is full.
        let rest = |mut from: Box<dyn BufRead + Send>| {
            std::thread::spawn(move || {
                let mut text = String::new();
                from.read_to_string(&mut text).unwrap();
                text
            })
        };
        Server {
            child: Some(child),
            first,
            stdout: Some(rest(Box::new(stdout))),
            stderr: Some(rest(Box::new(stderr))),
        }
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Ended {
    /// The command failed with `code`, says `what`, and ends with what to do next.
    fn refused(&self, code: i32, what: &str) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(what), "{what:?} in {}", self.stderr);
        assert!(
            self.stderr.lines().last().unwrap().starts_with("  next: "),
            "{}",
            self.stderr
        );
    }
}

enum Stream {
    Stdout,
    Stderr,
}

type Reader = std::thread::JoinHandle<String>;

/// A running server; killed when dropped.
struct Server {
    child: Option<Child>,
    first: String,
    stdout: Option<Reader>,
    stderr: Option<Reader>,
}

impl Server {
    /// Stops it as a service manager does.
    fn stop(mut self) -> Ended {
        let mut child = self.child.take().unwrap();
        let sent = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let code = child.wait().unwrap().code();
        let text = |reader: &mut Option<Reader>| reader.take().unwrap().join().unwrap();
        Ended {
            code,
            stdout: text(&mut self.stdout),
            stderr: text(&mut self.stderr),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A client that does not wait for ever.
fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

/// Whether nobody but the owner can read the file.
#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0
}
