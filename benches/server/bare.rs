//! The limit of the documents: an axum route that answers with bytes, and nothing else, in a process of its own.

use crate::Result;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use axum::serve::ListenerExt;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// The bare server, stopped when dropped.
pub(crate) struct Bare {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Bare {
    /// Starts it, with an answer of `length` bytes.
    pub(crate) fn start(length: usize) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--bare", &length.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no standard output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self {
            child,
            address: line.trim().parse()?,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// The life of that process: the same kind of runtime and the same socket options as the server that is measured.
#[tokio::main]
pub(crate) async fn serve(length: usize) -> Result<()> {
    let body: &'static [u8] = vec![b' '; length].leak();
    let route = get(move || std::future::ready(([(header::CONTENT_TYPE, "application/json")], body)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        let _best_effort = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, Router::new().route("/", route)).await?)
}
