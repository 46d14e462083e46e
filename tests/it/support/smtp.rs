//! A mail server over a real socket: takes mails, or answers as it is told.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server answers to a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Takes,
    Later,
    Never,
    /// Takes the mail, and is gone before it says so.
    HangsUp,
}

/// A mail as it came over the wire.
#[derive(Clone, Debug)]
pub struct Received {
    pub recipients: Vec<String>,
    pub data: String,
}

pub struct SmtpSink {
    pub port: u16,
    mood: Arc<Mutex<Mood>>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl SmtpSink {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Self {
            port: listener.local_addr().unwrap().port(),
            mood: Arc::new(Mutex::new(Mood::Takes)),
            received: Arc::default(),
        };
        let (mood, received) = (Arc::clone(&sink.mood), Arc::clone(&sink.received));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&mood), Arc::clone(&received)));
            }
        });
        sink
    }

    pub fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn serve(
    stream: TcpStream,
    mood: Arc<Mutex<Mood>>,
    received: Arc<Mutex<Vec<Received>>>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink.test ESMTP\r\n").await?;
    let mut recipients = Vec::new();
    while let Some(line) = lines.next_line().await? {
        let now = *mood.lock().unwrap();
        let upper = line.to_uppercase();
        let answer: &str = match upper.split([' ', ':']).next().unwrap() {
            "EHLO" => "250-sink.test\r\n250 8BITMIME",
            "RCPT" if now == Mood::Later => "450 4.2.1 come again",
            "RCPT" if now == Mood::Never => "550 5.1.1 nobody here",
            "RCPT" => {
                recipients.push(line.split(['<', '>']).nth(1).unwrap().to_owned());
                "250 ok"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut data = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    data += &line;
                    data += "\n";
                }
                let mail = Received {
                    recipients: std::mem::take(&mut recipients),
                    data,
                };
                received.lock().unwrap().push(mail);
                if now == Mood::HangsUp {
                    return Ok(());
                }
                "250 taken"
            }
            "QUIT" => "221 bye",
            "MAIL" | "RSET" | "NOOP" => "250 ok",
            _ => "502 what?",
        };
        write.write_all(answer.as_bytes()).await?;
        write.write_all(b"\r\n").await?;
    }
    Ok(())
}
