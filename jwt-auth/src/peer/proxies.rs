//! The proxies that the builder names, and what a request through them says of its client.

use std::net::IpAddr;
use std::sync::Once;

use http::request::Parts;
use ipnet::IpNet;

use crate::peer::forwarded::{ForwardedHeaders, Told, forwarded, x_forwarded};
use crate::peer::network::network;

/// The address of the peer of a connection. `None` if the server does not record it.
pub(crate) type PeerOf = fn(&Parts) -> Option<IpAddr>;

/// The proxies whose headers are believed.
#[derive(Debug)]
pub(crate) struct Proxies {
    trusted: Vec<IpNet>,
    headers: ForwardedHeaders,
    peer_of: PeerOf,
    unknown_peer: Once,
    disagreement: Once,
}

impl Proxies {
    /// The proxies that these settings name. Without any, no header is read.
    pub(crate) fn new(trusted: Vec<IpNet>, headers: ForwardedHeaders, peer_of: PeerOf) -> Self {
        Self { trusted, headers, peer_of, unknown_peer: Once::new(), disagreement: Once::new() }
    }

    /// Reads the setting. The errors say what is wrong with each address.
    pub(crate) fn networks(written: &[String]) -> Result<Vec<IpNet>, Vec<String>> {
        let (read, wrong): (Vec<_>, Vec<_>) = written.iter().map(|text| network(text)).partition(Result::is_ok);
        if wrong.is_empty() {
            return Ok(read.into_iter().flatten().collect());
        }
        Err(wrong.into_iter().filter_map(Result::err).collect())
    }

    /// The address of the client: the peer of the connection, or, if that is a trusted proxy, the nearest hop that is none.
    pub(crate) fn client(&self, request: &Parts) -> Option<IpAddr> {
        let peer = (self.peer_of)(request).map(|peer| peer.to_canonical());
        if self.trusted.is_empty() {
            return peer;
        }
        self.told_by(peer, request).and_then(|told| told.client).or(peer)
    }

    /// What trusted proxies say of the request. `None` if the peer is no trusted proxy, or says nothing.
    pub(crate) fn told(&self, request: &Parts) -> Option<Told> {
        if self.trusted.is_empty() {
            return None;
        }
        self.told_by((self.peer_of)(request).map(|peer| peer.to_canonical()), request)
    }

    fn told_by(&self, peer: Option<IpAddr>, request: &Parts) -> Option<Told> {
        let Some(peer) = peer else {
            self.unknown_peer.call_once(|| {
                tracing::warn!(
                    target: "jwt_auth",
                    "`trusted_proxies` has no effect, because the addresses of peers are unknown; serve with `into_make_service_with_connect_info::<SocketAddr>()`"
                );
            });
            return None;
        };
        let is_trusted = |address: IpAddr| self.trusted.iter().any(|network| network.contains(&address));
        if !is_trusted(peer) {
            return None;
        }
        let headers = &request.headers;
        match self.headers {
            ForwardedHeaders::Forwarded => forwarded(headers, is_trusted),
            ForwardedHeaders::XForwarded => x_forwarded(headers, is_trusted),
            ForwardedHeaders::Either => match (forwarded(headers, is_trusted), x_forwarded(headers, is_trusted)) {
                (Some(one), Some(other)) if one.client != other.client => {
                    self.disagreement.call_once(|| {
                        tracing::warn!(
                            target: "jwt_auth",
                            proxy = %peer,
                            "`Forwarded` and `X-Forwarded-For` name different clients, so neither is believed and the proxy's own address counts; name the headers that your proxies write with `forwarded_headers`"
                        );
                    });
                    None
                }
                (Some(one), Some(other)) => Some(Told {
                    client: one.client,
                    scheme: agreed(one.scheme, other.scheme),
                    host: agreed(one.host, other.host),
                }),
                (one, other) => one.or(other),
            },
        }
    }
}

/// The value that one header names, or both. `None` if they differ.
fn agreed<T: PartialEq>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => (one == other).then_some(one),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn client(headers: ForwardedHeaders, peer: Option<&str>, lines: &[(&'static str, &'static str)]) -> Option<String> {
        let peer_of: PeerOf = |request| request.extensions.get::<IpAddr>().copied();
        let trusted = Proxies::networks(&["10.0.0.0/8".to_owned(), "fd00::1".to_owned()]).unwrap();
        let mut request = http::Request::new(()).into_parts().0;
        if let Some(peer) = peer {
            request.extensions.insert(peer.parse::<IpAddr>().unwrap());
        }
        for (name, value) in lines {
            request.headers.append(*name, HeaderValue::from_static(value));
        }
        Proxies::new(trusted, headers, peer_of).client(&request).map(|client| client.to_string())
    }

    // C1
    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let either = ForwardedHeaders::Either;
        let forged = [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7")];
        assert_eq!(client(either, Some("198.51.100.9"), &forged).as_deref(), Some("198.51.100.9"));
        assert_eq!(client(either, None, &forged), None);
        assert_eq!(client(either, Some("10.1.2.3"), &forged).as_deref(), Some("203.0.113.7"));
        assert_eq!(client(either, Some("fd00::1"), &forged[..1]).as_deref(), Some("203.0.113.7"));
        assert_eq!(client(either, Some("::ffff:10.1.2.3"), &forged[1..]).as_deref(), Some("203.0.113.7"));
        assert_eq!(client(either, Some("10.1.2.3"), &[]).as_deref(), Some("10.1.2.3"));
    }

    // C1: a proxy that writes one of the headers passes the other one on as the client sent it.
    #[test]
    fn a_header_that_contradicts_the_proxys_is_not_believed() {
        let both = [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=1.1.1.1")];
        let of = |headers| client(headers, Some("10.1.2.3"), &both);
        assert_eq!(of(ForwardedHeaders::Either).as_deref(), Some("10.1.2.3"));
        assert_eq!(of(ForwardedHeaders::XForwarded).as_deref(), Some("203.0.113.7"));
        assert_eq!(of(ForwardedHeaders::Forwarded).as_deref(), Some("1.1.1.1"));
    }
}
