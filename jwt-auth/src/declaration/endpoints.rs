//! The endpoints that a declaration names, as one list.

pub(crate) use jwt_auth_grammar::endpoint::Endpoint;
use jwt_auth_grammar::pattern::Pattern;

use crate::declaration::spec::Spec;

impl Spec {
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (Endpoint, &'static str)> + use<> {
        let spec = *self;
        Endpoint::ALL.into_iter().filter_map(move |endpoint| Some((endpoint, spec.path_of(endpoint)?)))
    }

    /// The path of the endpoint, if the declaration names one.
    const fn path_of(&self, endpoint: Endpoint) -> Option<&'static str> {
        match endpoint {
            Endpoint::Token => self.token_url,
            Endpoint::Revoke => self.revoke_url,
            Endpoint::Introspect => self.introspect_url,
            Endpoint::Refresh => self.refresh_url,
        }
    }

    /// The patterns of open requests: the `exclude` list and the paths of the endpoints. An endpoint is open for every
    /// method, so that its route can answer a wrong method with 405. If the backend issues no tokens (`issues` is
    /// false), only `token_url` is added, since the application may serve it itself.
    pub(crate) fn open_patterns(&self, issues: bool) -> impl Iterator<Item = Pattern<'static>> + use<> {
        let endpoints = self.endpoints().filter(move |(endpoint, _)| issues || *endpoint == Endpoint::Token);
        self.exclude.iter().copied().chain(endpoints.map(|(_, path)| path)).map(Pattern::split)
    }
}
