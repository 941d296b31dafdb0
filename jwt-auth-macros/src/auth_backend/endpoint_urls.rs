//! The rules of `token_url` and the keys of the other endpoints.

use jwt_auth_grammar::endpoint::Endpoint;
use jwt_auth_grammar::kind::Kind;

use super::parse::Parsed;
use crate::diag::Diag;

/// The paths that the endpoints answer, in the order of [`Endpoint::ALL`].
pub(super) fn check(kind: Option<Kind>, parsed: &Parsed, diag: &mut Diag) -> Vec<(Endpoint, String)> {
    oauth2_has_a_token_url(kind, parsed, diag);
    let mut urls = Vec::new();
    for endpoint in Endpoint::ALL {
        let Some(written) = parsed.url(endpoint) else { continue };
        let value = written.value();
        let path = endpoint.served_path(&value);
        if let Err(error) = endpoint.check_path(&value) {
            diag.syntax_error(written, &error);
        } else if let Some(other) = parsed.endpoint_at(&path).filter(|other| *other != endpoint) {
            let (subject, other, better) = (endpoint.subject(), other.subject(), endpoint.example_path());
            diag.error(written, format!("{subject} has the same path as {other}; write `\"{better}\"`"));
        }
        urls.push((endpoint, path.into_owned()));
    }
    urls
}

fn oauth2_has_a_token_url(kind: Option<Kind>, parsed: &Parsed, diag: &mut Diag) {
    if kind == Some(Kind::OAuth2) && !parsed.has_key(Endpoint::Token.key()) {
        let (key, example) = (Endpoint::Token.key(), Endpoint::Token.example());
        diag.error(&parsed.kind, format!("kind `oauth2` requires `{key}`; add `{example}`"));
    }
}
