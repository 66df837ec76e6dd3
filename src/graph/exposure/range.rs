//! Address ranges: which of them are the internet.
//!
//! A range is the internet where it is wider than /8, or /32 for IPv6, and some of its addresses are of the internet: so
//! wide a range no longer names who may come (Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage",
//! "The meaning of public", has the same bound). 10.0.0.0/7 is one, as half of it is not set aside; multicast and reserved
//! addresses, and those of IPv6 outside 2000::/3, nobody on the internet has (IANA, "IPv4 Address Space Registry" and "IPv6
//! Address Space"). Narrower ones admit those whom somebody chose, also where they are many, as in 52.0.0.0/8, and several
//! narrow ones are not added up.

use core::net::{IpAddr, Ipv6Addr};

/// Whether somebody on the internet at large is in one of these ranges.
pub(super) fn hold_internet<'r>(ranges: impl IntoIterator<Item = &'r str>) -> bool {
    ranges.into_iter().any(is_internet)
}

/// Whether a range is the internet. One that cannot be read is none that a load balancer would take.
fn is_internet(range: &str) -> bool {
    let Some((address, length)) = range.trim().split_once('/') else {
        return false;
    };
    match (address.parse(), length.parse::<u8>()) {
        // From 224.0.0.0 on all is multicast or reserved. What is set aside below is nowhere wider than /8.
        (Ok(IpAddr::V4(address)), Ok(length)) => {
            length < 8 && (length < 3 || address.octets().first().is_none_or(|first| *first < 224))
        }
        (Ok(IpAddr::V6(address)), Ok(length)) => length < 32 && holds_unicast(address, length),
        _ => false,
    }
}

/// Whether a range has addresses of 2000::/3.
fn holds_unicast(address: Ipv6Addr, length: u8) -> bool {
    let first = |address: Ipv6Addr| address.segments().first().copied().unwrap_or_default();
    let known = length.min(3);
    let differs = (first(address) ^ 0x2000).checked_shr(16 - u32::from(known));
    differs.unwrap_or(0) == 0
}

/// Whether an address is one of the internet (RFC 1918, RFC 6598, RFC 3927, RFC 4193 and RFC 4291 name those that are
/// not).
pub(super) fn is_public(address: &str) -> bool {
    match address.trim().parse() {
        Ok(IpAddr::V4(address)) => {
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || is_shared)
        }
        // 2000::/3 is all of global unicast.
        Ok(IpAddr::V6(address)) => address.segments().first().is_some_and(|one| one >> 13 == 1),
        Err(_) => false,
    }
}

/// The parts of a list as annotations have it.
pub(super) fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|one| !one.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_internet_where_it_is_wide() {
        for (range, expected) in [
            ("0.0.0.0/0", true),
            ("::/0", true),
            ("0.0.0.0/1", true),
            ("128.0.0.0/1", true),
            ("2000::/3", true),
            ("0.0.0.0/2", true),
            ("192.0.0.0/2", true),
            ("10.0.0.0/7", true),
            ("126.0.0.0/7", true),
            ("10.0.0.0/8", false),
            ("52.0.0.0/8", false),
            ("224.0.0.0/3", false),
            ("224.0.0.0/4", false),
            ("240.0.0.0/5", false),
            ("::/1", true),
            ("::/2", true),
            ("::/3", false),
            ("2000::/4", true),
            ("2a00::/12", true),
            ("4000::/2", false),
            ("8000::/1", false),
            ("fc00::/7", false),
            ("fd00::/8", false),
            ("fe80::/10", false),
            ("ff00::/8", false),
            ("203.0.113.0/24", false),
            ("203.0.113.7/32", false),
            ("2001:db8::/32", false),
            ("2001:db8::/48", false),
            ("0.0.0.0", false),
            ("0.0.0.0/x", false),
            ("", false),
        ] {
            assert_eq!(is_internet(range), expected, "{range}");
        }
    }

    #[test]
    fn an_address_is_public_unless_it_is_set_aside() {
        for (address, expected) in [
            ("203.0.113.9", true),
            ("54.76.1.2", true),
            ("10.0.1.2", false),
            ("172.20.0.1", false),
            ("192.168.1.1", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("169.254.1.1", false),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("2a05:d018::1", true),
            ("fd00::1", false),
            ("fe80::1", false),
            ("::1", false),
            ("ip-10-0-1-2", false),
        ] {
            assert_eq!(is_public(address), expected, "{address}");
        }
    }
}
