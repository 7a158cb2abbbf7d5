//! Where a request came from, for per-address limits.

use std::net::IpAddr;

use http::HeaderMap;

/// The client's address: the peer's, or, when the peer is a proxy that is trusted, the last one in `X-Forwarded-For`
/// that is not.
pub(crate) fn client(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpAddr]) -> Option<IpAddr> {
    let mut address = peer?;
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.iter().rev() {
        if !trusted.contains(&address) {
            break;
        }
        let Ok(next) = hop.parse::<IpAddr>() else { break };
        address = next;
    }
    Some(address.to_canonical())
}

/// What is counted together: an IPv4 address, or the /64 that one IPv6 subscriber has whole.
pub(crate) fn bucket(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let other: IpAddr = "203.0.113.9".parse().unwrap();
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-forwarded-for"),
            "198.51.100.1, 203.0.113.7".parse().unwrap(),
        )]);
        assert_eq!(client(Some(other), &headers, &[proxy]), Some(other));
        assert_eq!(client(Some(proxy), &headers, &[proxy]), "203.0.113.7".parse().ok());
        assert_eq!(client(Some(proxy), &HeaderMap::new(), &[proxy]), Some(proxy));
    }

    #[test]
    fn an_ipv6_subscriber_is_one() {
        let bucket_of = |text: &str| bucket(text.parse().ok());
        assert_eq!(bucket_of("2001:db8:1:2::1"), bucket_of("2001:db8:1:2:ffff::9"));
        assert_ne!(bucket_of("2001:db8:1:2::1"), bucket_of("2001:db8:1:3::1"));
    }
}
