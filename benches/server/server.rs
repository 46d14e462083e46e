//! The server that is measured: `keywright serve` as an operator would start it, with its defaults.

use crate::Result;
use crate::accounting::{self, Resident};
use keywright::config::{Config, DatabaseUrl, Issuer};
use keywright::secret::Secret;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where a server lives.
pub(crate) struct Place {
    folder: PathBuf,
    pub(crate) address: SocketAddr,
    database: String,
    /// `stores.url`
    store: String,
    /// The Postgres server behind it, by its first process.
    pub(crate) postmaster: Option<u32>,
}

impl Place {
    /// A new folder and a free port. Without a Postgres URL the database is a file in that folder.
    pub(crate) fn new(folder: &Path, postgres: Option<(String, u32)>, store: &str) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let free = TcpListener::bind("127.0.0.1:0")?;
        let postmaster = postgres.as_ref().map(|(_, postmaster)| *postmaster);
        Ok(Self {
            address: free.local_addr()?,
            database: match postgres {
                Some((url, _)) => url,
                None => format!("sqlite:{}", folder.join("keywright.db").display()),
            },
            folder: folder.to_owned(),
            store: store.to_owned(),
            postmaster,
        })
    }

    /// `database.url`
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// The settings that differ from the defaults: where things are, and how many may sign in from one address.
    fn settings(&self) -> [(&'static str, String); 6] {
        [
            ("KEYWRIGHT_PUBLIC_URL", format!("http://{}", self.address)),
            ("KEYWRIGHT_SERVER__LISTEN", self.address.to_string()),
            ("KEYWRIGHT_DATABASE__URL", self.database.clone()),
            (
                "KEYWRIGHT_KEYS__DIRECTORY",
                self.folder.join("keys").display().to_string(),
            ),
            ("KEYWRIGHT_STORES__URL", self.store.clone()),
            ("KEYWRIGHT_LOGIN__ATTEMPTS", "10000".to_owned()),
        ]
    }

    /// The same for the library, which fills the database.
    pub(crate) fn config(&self) -> Result<Config> {
        let mut config = Config {
            public_url: Issuer::parse(&format!("http://{}", self.address))?,
            ..Config::default()
        };
        config.database.url = match self.database.strip_prefix("sqlite:") {
            Some(path) => DatabaseUrl::Sqlite(path.into()),
            None => DatabaseUrl::Postgres(Secret::new(self.database.clone())),
        };
        config.keys.directory = self.folder.join("keys");
        config.passwords.workers = 1;
        Ok(config)
    }
}

/// A running server, stopped when dropped.
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts the server and waits until it says that it is ready; gives the time that took.
    pub(crate) fn start(place: &Place) -> Result<(Self, Duration)> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(place.folder.join("server.log"))?;
        let started = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_keywright"))
            .arg("serve")
            .envs(place.settings())
            .current_dir(&place.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut server = Self { child };
        while !is_ready(place.address) {
            if let Some(status) = server.child.try_wait()? {
                let log = std::fs::read_to_string(place.folder.join("server.log")).unwrap_or_default();
                return Err(format!("the server ended, {status}:\n{log}").into());
            }
            if started.elapsed() > Duration::from_secs(30) {
                return Err("the server was not ready after 30 seconds".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok((server, started.elapsed()))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn resident(&self) -> Result<Resident> {
        accounting::resident(self.child.id())
    }

    /// Asks it to stop, and waits.
    pub(crate) fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been stopped already, which is as good.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}
