//! The paths that a declaration has the library answer at, in one list.

use crate::declaration::spec::{Pattern, Spec};

/// What an endpoint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Token,
    Revoke,
    Introspect,
    Renew,
}

impl Endpoint {
    /// The name of its key.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Token => "token_url",
            Self::Revoke => "revoke_url",
            Self::Introspect => "introspect_url",
            Self::Renew => "refresh_url",
        }
    }
}

impl Spec {
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (Endpoint, &'static str)> + use<> {
        let all = [
            (Endpoint::Token, self.token_url),
            (Endpoint::Revoke, self.revoke_url),
            (Endpoint::Introspect, self.introspect_url),
            (Endpoint::Renew, self.refresh_url),
        ];
        all.into_iter().filter_map(|(endpoint, path)| Some((endpoint, path?)))
    }

    /// What is open: the exclude list, and the endpoints by themselves, for every method, so that a wrong one is answered
    /// 405 by the route. Where no tokens are issued nothing is mounted but what the application has at `token_url`.
    pub(crate) fn open_patterns(&self, issues: bool) -> impl Iterator<Item = Pattern> + use<> {
        let endpoints = self.endpoints().filter(move |(endpoint, _)| issues || *endpoint == Endpoint::Token);
        self.exclude.iter().copied().chain(endpoints.map(|(_, path)| path)).map(Pattern::new)
    }
}
