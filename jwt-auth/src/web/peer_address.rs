//! The address of the peer of a connection, as axum records it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::extract::connect_info::MockConnectInfo;
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

/// The address of the peer, if the service was made with `into_make_service_with_connect_info`, or the address that a layer has named
/// in its place.
fn peer_address(request: &Parts) -> Option<IpAddr> {
    let real = request.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    let named = || request.extensions.get::<MockConnectInfo<SocketAddr>>().map(|peer| peer.0);
    real.or_else(named).map(|peer| peer.ip())
}
