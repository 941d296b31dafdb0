//! The paths that a declaration has the library answer at, in one list.

pub(crate) use jwt_auth_grammar::endpoint::Endpoint;
use jwt_auth_grammar::pattern::Pattern;

use crate::declaration::spec::Spec;

impl Spec {
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (Endpoint, &'static str)> + use<> {
        let spec = *self;
        Endpoint::ALL.into_iter().filter_map(move |endpoint| Some((endpoint, spec.path_of(endpoint)?)))
    }

    /// Where the declaration has the endpoint, if it has it.
    const fn path_of(&self, endpoint: Endpoint) -> Option<&'static str> {
        match endpoint {
            Endpoint::Token => self.token_url,
            Endpoint::Revoke => self.revoke_url,
            Endpoint::Introspect => self.introspect_url,
            Endpoint::Refresh => self.refresh_url,
        }
    }

    /// What is open: the exclude list, and the endpoints by themselves, for every method, so that a wrong one is answered
    /// 405 by the route. Where no tokens are issued nothing is mounted but what the application has at `token_url`.
    pub(crate) fn open_patterns(&self, issues: bool) -> impl Iterator<Item = Pattern<'static>> + use<> {
        let endpoints = self.endpoints().filter(move |(endpoint, _)| issues || *endpoint == Endpoint::Token);
        self.exclude.iter().copied().chain(endpoints.map(|(_, path)| path)).map(Pattern::split)
    }
}
