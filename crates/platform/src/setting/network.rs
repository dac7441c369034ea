//! Named ranges of addresses: a product or a type of organization names the zones from which it is used.
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use web::Network;

/// `office 10.1.0.0/16, 10.2.0.0/16; vpn 10.8.0.0/16`: one line, so that it is changed and audited like any other setting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkPolicy {
    pub zones: String,
}
impl Default for NetworkPolicy {
    fn default() -> Self {
        Self { zones: "intranet 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7".into() }
    }
}
impl NetworkPolicy {
    /// Error `setting.network_zones` at `zones`.
    pub(super) fn parse(&self) -> Result<Vec<(String, Vec<Network>)>> {
        let bad = || Error::invalid("setting.network_zones").at("zones");
        let mut zones: Vec<(String, Vec<Network>)> = Vec::new();
        for zone in self.zones.split(';').map(str::trim).filter(|zone| !zone.is_empty()) {
            let (name, ranges) = zone.split_once(char::is_whitespace).ok_or_else(bad)?;
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name.chars().count() > 40 || !name.chars().all(plain) || zones.iter().any(|(n, _)| n == name) {
                return Err(bad());
            }
            let ranges: Vec<Network> = ranges
                .split([',', ' '])
                .filter(|range| !range.is_empty())
                .map(|range| range.parse().map_err(|_| bad()))
                .collect::<Result<_>>()?;
            if ranges.is_empty() {
                return Err(bad());
            }
            zones.push((name.to_owned(), ranges));
        }
        Ok(zones)
    }
    /// In the order in which they were written.
    pub fn names(&self) -> Vec<String> {
        self.parse().unwrap_or_default().into_iter().map(|(name, _)| name).collect()
    }
    /// The zones in which an address lies. What cannot be read holds nothing.
    pub fn zones_of(&self, address: IpAddr) -> Vec<String> {
        let inside =
            |(_, ranges): &(String, Vec<Network>)| ranges.iter().any(|range| range.contains(address));
        self.parse().unwrap_or_default().into_iter().filter(inside).map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(zones: &str) -> NetworkPolicy {
        NetworkPolicy { zones: zones.into() }
    }

    #[test]
    fn an_address_lies_in_every_zone_that_names_its_range() {
        let policy = policy("office 10.1.0.0/16, 192.168.7.0/24; vpn 10.8.0.0/16 10.1.9.0/24;专网 fd00::/8;");
        let of = |address: &str| policy.zones_of(address.parse().unwrap());
        assert_eq!(of("10.1.9.4"), ["office", "vpn"]);
        assert_eq!(of("192.168.7.200"), ["office"]);
        assert_eq!(of("::ffff:10.8.0.1"), ["vpn"]);
        assert_eq!(of("fd12::1"), ["专网"]);
        assert!(of("203.0.113.9").is_empty());
        assert_eq!(policy.names(), ["office", "vpn", "专网"]);
        assert_eq!(NetworkPolicy::default().names(), ["intranet"]);
    }
    #[test]
    fn what_cannot_be_read_is_refused() {
        for text in
            ["office", "office 10.1.0.0/33", "a 10.0.0.1; a 10.0.0.2", "a<b 10.0.0.1", "office ,", "x y"]
        {
            assert_eq!(policy(text).parse().unwrap_err().code, "setting.network_zones", "{text}");
        }
    }
}
