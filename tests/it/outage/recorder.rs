//! A way to PostgreSQL on which the statements are written down, by the name under which they were prepared.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    /// The address of a database that leads through the recorder.
    pub async fn before(url: &str) -> (String, Self) {
        let mut url = url::Url::parse(url).unwrap();
        let target = (url.host_str().unwrap().to_owned(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        url.set_query(Some("sslmode=disable"));
        let recorder = Self::default();
        let seen = recorder.clone();
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let far = TcpStream::connect(&target).await.unwrap();
                tokio::spawn(seen.clone().forward(near, far));
            }
        });
        (url.to_string(), recorder)
    }

    /// What was run since the last look.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    async fn forward(self, near: TcpStream, far: TcpStream) {
        let (mut from_client, mut to_client) = near.into_split();
        let (mut from_server, mut to_server) = far.into_split();
        tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
        // The first message has no type; all others are a type, a length that counts itself, and a content.
        let mut kind = None;
        loop {
            let Ok(length) = from_client.read_u32().await else {
                return;
            };
            let mut content = vec![0; usize::try_from(length).unwrap() - 4];
            from_client.read_exact(&mut content).await.unwrap();
            if let Some(kind) = kind {
                self.note(kind, &content);
                to_server.write_u8(kind).await.unwrap();
            }
            to_server.write_u32(length).await.unwrap();
            to_server.write_all(&content).await.unwrap();
            let Ok(next) = from_client.read_u8().await else {
                return;
            };
            kind = Some(next);
        }
    }

    /// `Bind` names a portal and a prepared statement, `Parse` a statement and its text, `Query` a text.
    fn note(&self, kind: u8, content: &[u8]) {
        let mut texts = content.split(|byte| *byte == 0);
        let mut text = || String::from_utf8_lossy(texts.next().unwrap_or_default()).into_owned();
        let (first, second) = (text(), text());
        let line = match kind {
            b'B' => second,
            b'P' => format!("prepare {second}"),
            b'Q' => first,
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}
