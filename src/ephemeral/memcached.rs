//! Entries in Memcached 1.6 or later. Whatever it holds may be gone at any time.

use super::{Backend, Durability, Reply, in_time};
use crate::time::Seconds;
use async_memcached::{AsciiProtocol, Client, Error, MetaProtocol, Status};
use std::sync::{Mutex, PoisonError};

const NAME: &str = "memcached";
/// Connections kept for the next operation; more are made when more are needed at once.
const KEPT: usize = 16;
/// A value that changes under every try to take it.
const TRIES: usize = 8;

pub(super) struct Memcached {
    address: String,
    idle: Mutex<Vec<Client>>,
}

impl Memcached {
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: format!("tcp://{address}"),
            idle: Mutex::default(),
        }
    }

    /// A connection that has just answered: after a restart of the server all that were kept are dead.
    async fn connect(&self) -> Result<Client, Error> {
        let kept = || self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        while let Some(mut client) = kept() {
            if client.version().await.is_ok() {
                return Ok(client);
            }
        }
        Client::new(&self.address).await
    }

    /// One that broke, or whose answer was not awaited, is not used again.
    fn release(&self, client: Client) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !client.is_closed() && idle.len() < KEPT {
            idle.push(client);
        }
    }
}

/// Its clock ticks once a second: an entry must not end before its time.
fn lifetime(ttl: Seconds) -> i64 {
    ttl.0.min(super::LONGEST.0 - 1) + 1
}

/// Read, then delete if it is still the same: of several callers one deletes.
async fn take(client: &mut Client, name: &str) -> Result<Option<Vec<u8>>, Error> {
    for _ in 0..TRIES {
        let found = client.meta_get(name, false, None, Some(&["v", "c"])).await?;
        let Some((Some(value), Some(cas))) = found.map(|found| (found.data, found.cas)) else {
            return Ok(None);
        };
        let same = format!("C{cas}");
        match client.meta_delete(name, false, None, Some(&[&same])).await {
            Ok(_) => return Ok(Some(value)),
            Err(Error::Protocol(Status::NotFound)) => return Ok(None),
            Err(Error::Protocol(Status::Exists)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Protocol(Status::Exists))
}

/// One command that starts a counter at one, or adds one.
async fn count(client: &mut Client, name: &str, ttl: Seconds) -> Result<u64, Error> {
    let start = format!("N{}", lifetime(ttl));
    let flags = [start.as_str(), "J1", "v"];
    let counted = client
        .meta_increment(name, false, None, Some(1), Some(&flags))
        .await?;
    let digits = counted.and_then(|counted| counted.data).unwrap_or_default();
    let hits = std::str::from_utf8(&digits)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    hits.ok_or(Error::Protocol(Status::NotStored))
}

/// Runs an operation on a connection, and keeps the connection.
macro_rules! run {
    ($self:ident, $client:ident => $operation:expr) => {
        Box::pin(in_time(NAME, async move {
            let mut connected = $self.connect().await?;
            let $client = &mut connected;
            let result = $operation;
            $self.release(connected);
            result
        }))
    };
}

impl Backend for Memcached {
    fn durability(&self) -> Durability {
        Durability::MayEvict
    }

    fn put<'a>(&'a self, name: &'a str, value: &'a [u8], ttl: Seconds) -> Reply<'a, ()> {
        run!(self, client => client.set(name, value, Some(lifetime(ttl)), None).await)
    }

    fn get<'a>(&'a self, name: &'a str) -> Reply<'a, Option<Vec<u8>>> {
        run!(self, client => client.get(name).await.map(|found| found.and_then(|found| found.data)))
    }

    fn take<'a>(&'a self, name: &'a str) -> Reply<'a, Option<Vec<u8>>> {
        run!(self, client => take(client, name).await)
    }

    fn claim<'a>(&'a self, name: &'a str, value: &'a [u8], ttl: Seconds) -> Reply<'a, bool> {
        run!(self, client => match client.add(name, value, Some(lifetime(ttl)), None).await {
            Ok(()) => Ok(true),
            Err(Error::Protocol(Status::NotStored)) => Ok(false),
            Err(error) => Err(error),
        })
    }

    fn count<'a>(&'a self, name: &'a str, ttl: Seconds) -> Reply<'a, u64> {
        run!(self, client => count(client, name, ttl).await)
    }

    fn forget<'a>(&'a self, name: &'a str) -> Reply<'a, ()> {
        run!(self, client => match client.delete(name).await {
            Ok(()) | Err(Error::Protocol(Status::NotFound)) => Ok(()),
            Err(error) => Err(error),
        })
    }
}
