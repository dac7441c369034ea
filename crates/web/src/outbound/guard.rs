//! Which addresses may be reached. Whoever can make the server call an address of their choice must not see its own
//! network through it.
use super::OutboundError;
use crate::Network;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

const PRIVATE: OutboundError = OutboundError::Refused("the address is not in the public internet");
const PLAIN: OutboundError = OutboundError::Refused("without encryption only networks that are opened");

/// Who answers what addresses a name has: the machine, and in tests somebody who lies.
pub(super) trait Names: Send + Sync {
    fn look_up(&self, host: String, port: u16) -> Looking;
}
pub(super) type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
pub(super) struct Machine;
impl Names for Machine {
    fn look_up(&self, host: String, port: u16) -> Looking {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

pub(super) struct Guard {
    pub allow: Vec<Network>,
    pub names: Arc<dyn Names>,
}
impl Guard {
    /// `plain` says that nothing encrypts the way there.
    pub fn check(&self, address: IpAddr, plain: bool) -> Result<(), OutboundError> {
        if self.allow.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        match (is_public(address), plain) {
            (true, false) => Ok(()),
            (true, true) => Err(PLAIN),
            (false, _) => Err(PRIVATE),
        }
    }
    /// Of what a name answers, what may be reached; the others are dropped, so a name that mixes both is good for its public
    /// half. Who connects takes these and looks nothing up again.
    pub async fn resolve(
        &self,
        host: &str,
        port: u16,
        plain: bool,
    ) -> Result<Vec<SocketAddr>, OutboundError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = self
            .names
            .look_up(bare.to_owned(), port)
            .await
            .map_err(|_| OutboundError::Failed("the name is not known".into()))?;
        let mut refused = OutboundError::Failed("the name has no address".into());
        let mut good = Vec::new();
        for address in found {
            match self.check(address.ip(), plain) {
                Ok(()) => good.push(address),
                Err(error) => refused = error,
            }
        }
        if good.is_empty() { Err(refused) } else { Ok(good) }
    }
}

pub(super) struct Resolver {
    pub guard: Arc<Guard>,
    pub plain: bool,
}
impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, plain) = (Arc::clone(&self.guard), self.plain);
        Box::pin(async move {
            let good = guard.resolve(name.as_str(), 0, plain).await?;
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network, private, loopback, multicast, reserved, broadcast.
        (0 | 10 | 127 | 224.., _, _) => true,
        // Carrier's NAT, where clouds keep their metadata too.
        (100, 64..=127, _) => true,
        (169, 254, _) | (172, 16..=31, _) | (192, 168, _) => true,
        // Protocol assignments, documentation, relays, benchmarks.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => true,
        _ => false,
    };
    !special
}
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    match segments {
        // NAT64: what counts is the address behind it.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Teredo and other protocol assignments, documentation, 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Global unicast; all else is loopback, link-local, unique local, multicast or unassigned.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
