//! `[server]`: the HTTP listener.

use super::cidr::Cidr;
use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::time::Seconds;
use std::net::SocketAddr;

/// The HTTP listener.
#[derive(Clone, Debug)]
pub struct Server {
    /// The address to bind.
    pub listen: SocketAddr,
    /// Proxies whose `X-Forwarded-For` is believed; empty: nobody's.
    pub trusted_proxies: Vec<Cidr>,
    /// How long a stopping server waits for requests under way.
    pub drain: Seconds,
    /// Whether plain http outside the loopback interface is tolerated.
    pub insecure_http: bool,
    /// Connections open at one time.
    pub max_connections: u32,
    /// Time to send the head of a request.
    pub header_timeout: Seconds,
    /// Time to answer a request.
    pub request_timeout: Seconds,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "server.listen",
        Kind::Address,
        "127.0.0.1:8080",
        "The address to bind.",
    ),
    Setting::new(
        "server.trusted_proxies",
        Kind::Cidrs,
        "",
        "Proxies whose X-Forwarded-For is believed; empty: nobody's.",
    ),
    Setting::new(
        "server.drain",
        Kind::Duration,
        "30s",
        "How long a stopping server waits for requests under way.",
    ),
    Setting::new(
        "server.insecure_http",
        Kind::Boolean,
        "false",
        "Tolerate plain http outside this machine: passwords and tokens can then be read on the way.",
    ),
    Setting::new(
        "server.max_connections",
        Kind::Integer,
        "10000",
        "Connections open at one time.",
    ),
    Setting::new(
        "server.header_timeout",
        Kind::Duration,
        "10s",
        "Time to send the head of a request.",
    ),
    Setting::new(
        "server.request_timeout",
        Kind::Duration,
        "30s",
        "Time to answer a request.",
    ),
];

impl Server {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            listen: reader.with("server.listen", |text| {
                text.parse()
                    .map_err(|_| "expected an address and a port such as 127.0.0.1:8080".to_owned())
            }),
            trusted_proxies: reader.with("server.trusted_proxies", |text| {
                text.split(',')
                    .map(str::trim)
                    .filter(|range| !range.is_empty())
                    .map(Cidr::parse)
                    .collect()
            }),
            drain: reader.duration("server.drain", "0s"..="10m"),
            insecure_http: reader.boolean("server.insecure_http"),
            max_connections: reader.integer("server.max_connections", 1..=1_000_000),
            header_timeout: reader.duration("server.header_timeout", "1s"..="5m"),
            request_timeout: reader.duration("server.request_timeout", "1s"..="10m"),
        }
    }
}
