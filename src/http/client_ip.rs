//! Where a request comes from: the peer, unless the peer is a trusted proxy; then the right-most address in
//! `X-Forwarded-For` that is not one. What cannot be read counts as the peer, never as nobody (AC-200).

use crate::config::Cidr;
use axum::http::{Extensions, HeaderMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address of the peer, set by the listener.
#[derive(Clone, Copy)]
pub(super) struct PeerAddr(pub(super) SocketAddr);

/// The address to count and to show.
pub(super) fn of(extensions: &Extensions, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    let peer = peer(extensions);
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let hops = headers.get_all("x-forwarded-for").iter();
    let hops = hops.map(|value| value.to_str().unwrap_or_default());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.iter().rev() {
        match hop.parse::<IpAddr>() {
            Ok(address) if is_trusted(address.to_canonical()) => {}
            Ok(address) => return address.to_canonical(),
            Err(_) => return peer,
        }
    }
    peer
}

/// Whether the peer itself is a trusted proxy.
pub(super) fn is_from_proxy(extensions: &Extensions, trusted: &[Cidr]) -> bool {
    let peer = peer(extensions);
    trusted.iter().any(|range| range.contains(peer))
}

fn peer(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<PeerAddr>();
    peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip())
        .to_canonical()
}
