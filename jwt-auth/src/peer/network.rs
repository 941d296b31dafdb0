//! Addresses and networks of proxies.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// Reads an address, such as `10.0.0.7`, or a network, such as `10.0.0.0/8`.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    let wrong = |why: &str| Err(format!("`{text}` {why}"));
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    let Ok(network) = text.parse::<IpNet>() else {
        return wrong("is neither an address nor a network; write `10.0.0.7` or `10.0.0.0/8`");
    };
    if network.prefix_len() == 0 {
        return wrong(
            "is every address, so every client could choose its own address; name the addresses of your proxies",
        );
    }
    Ok(canonical(network.trunc()))
}

/// IPv4 networks that are written as IPv6 (`::ffff:10.0.0.0/104`) become IPv4, as the addresses of peers do.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else { return network };
    let address = mapped.addr().to_ipv4_mapped().zip(mapped.prefix_len().checked_sub(96));
    address.and_then(|(address, length)| Ipv4Net::new(address, length).ok()).map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    // C1
    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for (written, read) in [
            ("10.0.0.7", "10.0.0.7/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("::1", "::1/128"),
            ("::ffff:10.0.0.7", "10.0.0.7/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("172.17.0.1/16", "172.17.0.0/16"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ] {
            assert_eq!(network(written).unwrap().to_string(), read);
        }
        for bad in ["", "10.0.0", "10.0.0.0/33", "0.0.0.0/0", "::/0", "proxy.example", "10.0.0.7:80", "*", " 10.0.0.7"]
        {
            assert!(network(bad).unwrap_err().starts_with(&format!("`{bad}`")), "{bad}");
        }
    }
}
