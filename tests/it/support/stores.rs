//! The stores of the tests: Redis and Memcached where the environment names them, and private ones to stop and flush.

use keywright::config::StoreUrl;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Memory,
    Database,
    Redis,
    Memcached,
}

impl Which {
    /// The shared one, unless there is none.
    pub fn url(self) -> Option<StoreUrl> {
        let variable = match self {
            Self::Memory => return Some(StoreUrl::Memory),
            Self::Database => return Some(StoreUrl::Database),
            Self::Redis => "TEST_REDIS_URL",
            Self::Memcached => "TEST_MEMCACHED_URL",
        };
        let Some(url) = variable_of_tests(variable) else {
            println!("skipped: {variable} is not set");
            return None;
        };
        Some(StoreUrl::parse(&url).unwrap())
    }
}

/// The store that `TEST_STORE_URL` names for all sessions of a test run.
pub fn chosen() -> Option<StoreUrl> {
    variable_of_tests("TEST_STORE_URL").map(|url| StoreUrl::parse(&url).unwrap())
}

#[expect(clippy::disallowed_methods, reason = "tests read their own variables here")]
fn variable_of_tests(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A server of one test, which may stop, hang, forget and come back. Ended when dropped.
pub struct Private {
    which: Which,
    port: u16,
    child: Option<Child>,
}

impl Private {
    /// Starts one, unless this machine tests without.
    pub async fn start(which: Which) -> Option<Self> {
        which.url()?;
        let mut server = Self {
            which,
            port: super::server::free_port(),
            child: None,
        };
        server.restart().await;
        Some(server)
    }

    pub fn url(&self) -> StoreUrl {
        let scheme = match self.which {
            Which::Redis => "redis",
            _ => "memcached",
        };
        StoreUrl::parse(&format!("{scheme}://127.0.0.1:{}", self.port)).unwrap()
    }

    /// Starts it empty, on the same port.
    pub async fn restart(&mut self) {
        self.stop();
        let port = self.port.to_string();
        let mut command = match self.which {
            Which::Redis => Command::new("redis-server"),
            _ => Command::new("memcached"),
        };
        match self.which {
            Which::Redis => command.args([
                "--bind",
                "127.0.0.1",
                "--port",
                &port,
                "--save",
                "",
                "--appendonly",
                "no",
            ]),
            _ => command.args(["-l", "127.0.0.1", "-p", &port, "-u", "nobody", "-U", "0"]),
        };
        let child = command
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let started = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port))
            .await
            .is_err()
        {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "{:?} does not start",
                self.which
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Stays on the line and says nothing more.
    pub fn hang(&self) {
        self.signal("-STOP");
        // A thread that runs on another core goes on for a moment.
        let started = Instant::now();
        while !self.has_stopped() {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "{:?} does not stop",
                self.which
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether all threads of the process have stopped, by the third field of proc(5) `stat`.
    fn has_stopped(&self) -> bool {
        let id = self.child.as_ref().unwrap().id();
        let threads = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
        threads.into_iter().all(|thread| {
            let stat = std::fs::read_to_string(thread.unwrap().path().join("stat")).unwrap();
            stat.rsplit(") ").next().unwrap().starts_with('T')
        })
    }

    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        self.stop();
    }
}
