//! What the log and the events say about a request.

use std::net::IpAddr;

use http::Method;
use http::request::Parts;
use tracing::field::DisplayValue;

use crate::peer::proxies::Proxies;

/// The request that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestInfo {
    /// The method.
    pub method: Method,
    /// The template of the route, such as `/orders/{id}`. `None` if no route matched. The path itself is left out, because it may
    /// contain a secret.
    pub route: Option<String>,
    /// The address of the client, as the throttle counts it. `None` if the server was made without
    /// `into_make_service_with_connect_info`.
    pub client: Option<IpAddr>,
}

/// Like [`RequestInfo`], borrowed from a request.
#[derive(Clone, Copy)]
pub(crate) struct RequestFacts<'r> {
    pub(crate) method: &'r Method,
    pub(crate) route: Option<&'r str>,
    pub(crate) client: ClientOf<'r>,
}

/// The address of a client. It is looked up only if somebody wants to know it, because most refusals are not logged.
#[derive(Clone, Copy)]
pub(crate) enum ClientOf<'r> {
    Known(Option<IpAddr>),
    Request(&'r Parts, &'r Proxies),
}

impl RequestFacts<'_> {
    pub(crate) fn client(self) -> Option<IpAddr> {
        match self.client {
            ClientOf::Known(client) => client,
            ClientOf::Request(parts, proxies) => proxies.client(parts),
        }
    }

    /// The address as a field of the log.
    pub(crate) fn client_field(self) -> Option<DisplayValue<IpAddr>> {
        self.client().map(tracing::field::display)
    }

    /// The route as a field of the log.
    pub(crate) fn route_field(&self) -> &str {
        self.route.unwrap_or("-")
    }

    pub(crate) fn to_info(self) -> RequestInfo {
        RequestInfo { method: self.method.clone(), route: self.route.map(str::to_owned), client: self.client() }
    }
}

impl RequestInfo {
    pub(crate) fn facts(&self) -> RequestFacts<'_> {
        let client = ClientOf::Known(self.client);
        RequestFacts { method: &self.method, route: self.route.as_deref(), client }
    }
}
