//! The address of the peer of a connection, as axum records it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::request::Parts;

use crate::config::builder::Builder;
use crate::hooks::AuthBackend;

impl<A: AuthBackend> Builder<A> {
    /// The `backend()` method of a config struct calls this.
    #[doc(hidden)]
    pub fn new(config: A) -> Self {
        Self::with(config, peer_address)
    }
}

/// The address of the peer, if the service was made with `into_make_service_with_connect_info`.
fn peer_address(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
}
