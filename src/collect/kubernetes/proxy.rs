//! Which proxy a request goes through, as `HTTPS_PROXY` and `NO_PROXY` say.
//!
//! The rules are those of kubectl (golang.org/x/net/http/httpproxy, "Config"): an entry of
//! `NO_PROXY` is an address, a CIDR block, a domain with its subdomains, or, with a leading dot,
//! its subdomains alone, each with an optional port; `*` is everything; localhost and loopback
//! addresses never go through a proxy. kube compares `NO_PROXY` with the proxy's own host, so
//! that its answer is not used here.

use std::net::IpAddr;

use http::Uri;

/// The variables, as they were found.
#[derive(Clone, Debug, Default)]
pub(super) struct ProxyVariables {
    /// For https.
    pub(super) https: Option<String>,
    /// For http.
    pub(super) http: Option<String>,
    /// What goes without.
    pub(super) none: Option<String>,
}

impl ProxyVariables {
    /// Those of this process.
    pub(super) fn of_environment() -> Self {
        let read = |upper: &str, lower: &str| {
            [upper, lower]
                .into_iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|value| !value.trim().is_empty())
        };
        Self {
            https: read("HTTPS_PROXY", "https_proxy"),
            http: read("HTTP_PROXY", "http_proxy"),
            none: read("NO_PROXY", "no_proxy"),
        }
    }

    /// The proxy to this server, if it goes through one.
    ///
    /// # Errors
    /// The variable is no URL.
    pub(super) fn proxy_for(&self, server: &Uri) -> Result<Option<Uri>, String> {
        let https = server.scheme_str() != Some("http");
        let (name, value) = if https {
            ("HTTPS_PROXY", &self.https)
        } else {
            ("HTTP_PROXY", &self.http)
        };
        let Some(value) = value else {
            return Ok(None);
        };
        let port = server.port_u16().unwrap_or(if https { 443 } else { 80 });
        if self.goes_without(host(server), port) {
            return Ok(None);
        }
        // The value is not shown: it may hold a password.
        parse(value)
            .map(Some)
            .ok_or_else(|| format!("{name} is no URL like http://proxy.example.com:3128"))
    }

    fn goes_without(&self, host: &str, port: u16) -> bool {
        let host = host.to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return true;
        }
        self.none
            .iter()
            .flat_map(|list| list.split(','))
            .map(|entry| entry.trim().to_ascii_lowercase())
            .any(|entry| matches(&entry, &host, address, port))
    }
}

/// A proxy's URL; without a scheme it is http.
pub(super) fn parse(value: &str) -> Option<Uri> {
    let value = value.trim();
    let uri: Uri = if value.contains("://") {
        value.parse().ok()?
    } else {
        format!("http://{value}").parse().ok()?
    };
    uri.host()
        .is_some_and(|host| !host.is_empty())
        .then_some(uri)
}

/// The host without the brackets of IPv6.
fn host(server: &Uri) -> &str {
    let host = server.host().unwrap_or_default();
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

fn matches(entry: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if entry.is_empty() {
        return false;
    }
    if entry == "*" {
        return true;
    }
    if let Some((block, bits)) = block(entry) {
        return address.is_some_and(|address| in_block(address, block, bits));
    }
    let (name, wanted) = split_port(entry);
    if wanted.is_some_and(|wanted| wanted != port) {
        return false;
    }
    if let Ok(wanted) = name.parse::<IpAddr>() {
        return address == Some(wanted);
    }
    let name = name.strip_prefix('*').unwrap_or(name);
    match name.strip_prefix('.') {
        Some(domain) => below(host, domain),
        None => host == name || below(host, name),
    }
}

fn below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.ends_with('.'))
}

/// The entry's name, and its port where it has one.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some(rest) = entry.strip_prefix('[')
        && let Some((name, rest)) = rest.split_once(']')
    {
        let port = rest.strip_prefix(':').and_then(|port| port.parse().ok());
        return (name, port);
    }
    match entry.rsplit_once(':') {
        // More than one colon without brackets is an IPv6 address.
        Some((name, port)) if !name.contains(':') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn block(entry: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = entry.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits: u32 = bits.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((address, bits))
}

fn in_block(address: IpAddr, block: IpAddr, bits: u32) -> bool {
    match (address, block) {
        (IpAddr::V4(address), IpAddr::V4(block)) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(address) & mask == u32::from(block) & mask
        }
        (IpAddr::V6(address), IpAddr::V6(block)) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            u128::from(address) & mask == u128::from(block) & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn goes_through(none: &str, server: &str) -> bool {
        let variables = ProxyVariables {
            https: Some("http://proxy:3128".into()),
            http: None,
            none: Some(none.into()),
        };
        variables
            .proxy_for(&server.parse().unwrap())
            .unwrap()
            .is_some()
    }

    #[test]
    fn no_proxy_is_compared_with_the_server() {
        let eks = "https://ABC.gr7.eu-west-1.eks.amazonaws.com";
        for (none, server, through) in [
            ("", eks, true),
            ("*", eks, false),
            ("eks.amazonaws.com", eks, false),
            (".eks.amazonaws.com", eks, false),
            ("*.amazonaws.com", eks, false),
            ("amazonaws.com:443", eks, false),
            ("amazonaws.com:8443", eks, true),
            ("ks.amazonaws.com", eks, true),
            (".abc.gr7.eu-west-1.eks.amazonaws.com", eks, true),
            ("proxy", eks, true),
            ("a, ,10.0.0.0/8", "https://10.1.2.3:6443", false),
            ("10.0.0.0/8", "https://11.1.2.3", true),
            ("0.0.0.0/0", "https://11.1.2.3", false),
            ("10.1.2.3", "https://10.1.2.3:6443", false),
            ("10.1.2.3:443", "https://10.1.2.3:6443", true),
            ("fd00::/8", "https://[fd00::1]:443", false),
            ("fd00::1", "https://[fd00::2]", true),
            ("", "https://127.0.0.1:6443", false),
            ("", "https://localhost:6443", false),
            ("", "https://[::1]:6443", false),
        ] {
            assert_eq!(goes_through(none, server), through, "{none} for {server}");
        }
    }

    #[test]
    fn a_proxy_without_a_scheme_is_http_and_a_broken_one_is_named_without_its_value() {
        assert_eq!(parse("proxy:3128").unwrap(), "http://proxy:3128/");
        let variables = ProxyVariables {
            https: Some("http://user:pass word@".into()),
            ..ProxyVariables::default()
        };
        let error = variables
            .proxy_for(&"https://example.com".parse().unwrap())
            .unwrap_err();
        assert!(
            error.contains("HTTPS_PROXY") && !error.contains("pass"),
            "{error}"
        );
    }

    #[test]
    fn http_has_its_own_variable() {
        let variables = ProxyVariables {
            https: Some("http://proxy:3128".into()),
            ..ProxyVariables::default()
        };
        let proxy = variables.proxy_for(&"http://example.com".parse().unwrap());
        assert_eq!(proxy.unwrap(), None);
    }
}
