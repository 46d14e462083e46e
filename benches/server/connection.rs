//! One HTTP/1.1 keep-alive connection that does as little as possible: one write, one read, no header is stored.
//! What it costs is taken from the server on the same cores.

use crate::Result;
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Larger than any answer that is measured.
const BUFFER: usize = 64 * 1024;

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, as it lies in the connection's buffer.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    head: &'a str,
    pub(crate) body: &'a str,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER],
        })
    }

    /// Sends a request and reads its answer whole.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.write(request).await?;
        let mut filled = 0;
        let (head, length) = loop {
            filled += self.read(filled).await?;
            let received = self.buffer.get(..filled).unwrap_or_default();
            if let Some(head) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                let length = content_length(received.get(..head).unwrap_or_default())?;
                break (head, length);
            }
        };
        let (start, end) = (head + 4, head + 4 + length);
        while filled < end {
            filled += self.read(filled).await?;
        }
        let head = std::str::from_utf8(self.buffer.get(..head).unwrap_or_default())?;
        let body = std::str::from_utf8(self.buffer.get(start..end).unwrap_or_default())?;
        let status = head.split(' ').nth(1).unwrap_or_default().parse()?;
        Ok(Answer { status, head, body })
    }

    async fn write(&mut self, mut rest: &[u8]) -> Result<()> {
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn read(&mut self, filled: usize) -> Result<usize> {
        loop {
            self.stream.readable().await?;
            let free = self.buffer.get_mut(filled..).unwrap_or_default();
            match self.stream.try_read(free) {
                Ok(0) => return Err("the server closed the connection, or its answer is too large".into()),
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn content_length(head: &[u8]) -> Result<usize> {
    let value = header(std::str::from_utf8(head)?, "content-length");
    Ok(value.ok_or("an answer without a length")?.parse()?)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}

impl Answer<'_> {
    /// Fails unless the status is this one.
    pub(crate) fn expect(&self, status: u16) -> Result<&Self> {
        if self.status == status {
            return Ok(self);
        }
        Err(format!("expected {status}, got:\n{}\n\n{}", self.head, self.body).into())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }

    /// A string member of a JSON body, read without parsing the rest; the values asked for have no escapes.
    pub(crate) fn member(&self, name: &str) -> Result<&str> {
        self.between(&format!("\"{name}\":\""), '"')
    }

    /// The cookie that is set, as a browser sends it back.
    pub(crate) fn cookie(&self) -> Result<&str> {
        let set = self.header("set-cookie").ok_or("no cookie is set")?;
        Ok(set.split(';').next().unwrap_or_default())
    }

    /// The value of a hidden input.
    pub(crate) fn hidden(&self, name: &str) -> Result<&str> {
        self.between(&format!("name=\"{name}\" value=\""), '"')
    }

    fn between(&self, before: &str, after: char) -> Result<&str> {
        let found = self
            .body
            .split_once(before)
            .and_then(|(_, rest)| rest.split_once(after));
        let (value, _) = found.ok_or_else(|| format!("no {before} in {}", self.body))?;
        Ok(value)
    }

    /// A parameter that `Location` carries.
    pub(crate) fn returned(&self, name: &str) -> Result<&str> {
        let location = self.header("location").unwrap_or_default();
        let query = location.split_once('?').map_or("", |(_, query)| query);
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(known, _)| *known == name).map(|(_, value)| value);
        value.ok_or_else(|| format!("no {name} in {location:?}").into())
    }
}
