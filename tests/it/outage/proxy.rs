//! A way to a database that can be cut, on the loopback interface.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As if it were not there.
    Forward,
    /// Connections end, new ones are refused: the database server is down.
    Refuse,
    /// Connections stay and say nothing any more: a cable is out. Afterwards they are of no use.
    Silent,
}

pub struct Proxy {
    pub port: u16,
    mode: watch::Sender<Mode>,
}

impl Proxy {
    pub async fn to(host: &str, port: u16) -> Self {
        let target = tokio::net::lookup_host((host, port))
            .await
            .unwrap()
            .next()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let (mode, changes) = watch::channel(Mode::Forward);
        tokio::spawn(run(listener, here, target, changes));
        Self {
            port: here.port(),
            mode,
        }
    }

    pub async fn set(&self, mode: Mode) {
        self.mode.send(mode).unwrap();
        // The listener is gone or back by then.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn run(
    mut listener: TcpListener,
    here: SocketAddr,
    target: SocketAddr,
    mut mode: watch::Receiver<Mode>,
) {
    loop {
        let now = *mode.borrow_and_update();
        if now == Mode::Refuse {
            drop(listener);
            if mode.wait_for(|mode| *mode != Mode::Refuse).await.is_err() {
                return;
            }
            listener = TcpListener::bind(here).await.unwrap();
        }
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                tokio::spawn(connect(stream, target, mode.clone()));
            }
            changed = mode.changed() => if changed.is_err() {
                return;
            }
        }
    }
}

async fn connect(mut near: TcpStream, target: SocketAddr, mut mode: watch::Receiver<Mode>) {
    if *mode.borrow() == Mode::Forward {
        let mut far = TcpStream::connect(target).await.unwrap();
        tokio::select! {
            _ = copy_bidirectional(&mut near, &mut far) => return,
            _ = mode.wait_for(|mode| *mode != Mode::Forward) => {}
        }
        // The database itself sees a client that is gone.
    }
    let _silence = mode.wait_for(|mode| *mode != Mode::Silent).await;
}
