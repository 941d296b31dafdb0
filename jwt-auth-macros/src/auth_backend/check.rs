//! Turns the arguments into a valid model. Each rule is one function. A rule about several keys applies only to keys
//! that could be parsed, so that one mistake gives one message.

use jwt_auth_grammar::endpoint::Endpoint;
use jwt_auth_grammar::header;
use jwt_auth_grammar::kind::Kind;
use jwt_auth_grammar::words::{list, suggestion};
use syn::{DeriveInput, LitStr};

use super::model::{BackendKind, Model, WrittenCookie};
use super::parse::Parsed;
use super::{cookie, endpoint_urls, exclude, scopes};
use crate::diag::Diag;

/// Returns `None` only if a mistake has been reported.
pub(super) fn check<'i>(item: &'i DeriveInput, parsed: &'i Parsed, diag: &mut Diag) -> Option<Model<'i>> {
    no_lifetime(item, diag);
    let kind = kind(item, parsed, diag);
    if let Some(kind) = kind {
        keys_apply(kind, parsed, diag);
    }
    let mut urls = endpoint_urls::check(kind, parsed, diag);
    let user = user(item, parsed, diag);
    let exclude = exclude::check(parsed, diag);
    let header = header(parsed, diag);
    resource_is_read_with_bearer(parsed, diag);
    let cookie = written_cookie(kind, parsed, diag);
    let scopes = scopes::check(&parsed.scopes, diag);
    let scheme_name = scheme_name(item, parsed, diag);
    let kind = match kind? {
        Kind::Bearer => BackendKind::Bearer,
        Kind::Cookie => BackendKind::Cookie,
        Kind::OAuth2 => {
            let token = urls.iter().position(|(endpoint, _)| *endpoint == Endpoint::Token)?;
            BackendKind::OAuth2 { token_url: urls.remove(token).1 }
        }
    };
    Some(Model {
        krate: &parsed.krate,
        item,
        kind,
        optional_urls: urls,
        user: user?,
        retrieve_user: parsed.retrieve_user.as_ref(),
        revoked: parsed.revoked.as_ref(),
        authenticate: parsed.authenticate.as_ref(),
        scope_allowed: scope_allowed(parsed, diag),
        exclude,
        header,
        cookie,
        scheme_name,
        description: parsed.description.as_ref().map(LitStr::value),
        scopes,
    })
}

/// A backend is shared between requests, so it cannot borrow.
fn no_lifetime(item: &DeriveInput, diag: &mut Diag) {
    if let Some(lifetime) = item.generics.lifetimes().next() {
        diag.error(
            lifetime,
            "a backend cannot borrow, since it outlives every request; own the value, or share it in an `Arc`",
        );
    }
}

/// `kind` is required, and is one of three.
fn kind(item: &DeriveInput, parsed: &Parsed, diag: &mut Diag) -> Option<Kind> {
    let Some(written) = &parsed.kind else {
        if !parsed.has_key("kind") {
            diag.error(
                &item.ident,
                "`#[auth_backend]` requires `kind`; add `kind = \"bearer\"`, \"cookie\" or \"oauth2\"",
            );
        }
        return None;
    };
    let value = written.value();
    let found = Kind::from_name(&value);
    if found.is_none() {
        diag.error(written, format!("unknown kind `{value}`{}", suggestion(&value, &Kind::NAMES)));
    }
    found
}

/// A key that does not apply to the kind is reported, not ignored.
fn keys_apply(kind: Kind, parsed: &Parsed, diag: &mut Diag) {
    for (key, token) in &parsed.keys {
        if !key.kinds.is_empty() && !key.kinds.contains(&kind) {
            let kinds: Vec<String> = key.kinds.iter().map(|kind| format!("kind = \"{}\"", kind.name())).collect();
            let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
            diag.error(
                token,
                format!("key `{}` only applies to {}; remove it or change `kind`", key.name, list(&kinds)),
            );
        }
    }
}

/// `cookie` takes a list of settings, or `false` for the kind `oauth2`, where the header is enough.
fn written_cookie(kind: Option<Kind>, parsed: &Parsed, diag: &mut Diag) -> WrittenCookie {
    if let Some(written) = &parsed.cookie {
        return WrittenCookie::Custom(cookie::check(written, diag));
    }
    let Some(switch) = &parsed.cookie_switch else { return WrittenCookie::Default };
    match (kind, switch.value()) {
        // `keys_apply` reports the key itself.
        (Some(Kind::Bearer), _) => WrittenCookie::Default,
        (_, true) => {
            diag.error(switch, "the cookie is on; remove `cookie = true`, or write `cookie(name = \"token\")`");
            WrittenCookie::Default
        }
        (Some(Kind::Cookie), false) => {
            diag.error(
                switch,
                "`kind = \"cookie\"` needs its cookie; if only a header carries the token, write `kind = \"bearer\"`",
            );
            WrittenCookie::Default
        }
        (_, false) => WrittenCookie::Off,
    }
}

/// `scope_allowed` is called by the token endpoint, which exists only with `authenticate`.
fn scope_allowed<'i>(parsed: &'i Parsed, diag: &mut Diag) -> Option<&'i syn::Path> {
    let path = parsed.scope_allowed.as_ref()?;
    if !parsed.has_key("authenticate") {
        diag.error(path, "`scope_allowed` is called by the token endpoint, which needs `authenticate`; add `authenticate = check_password`");
    }
    Some(path)
}

/// `user` is required.
fn user<'i>(item: &DeriveInput, parsed: &'i Parsed, diag: &mut Diag) -> Option<&'i syn::Type> {
    if !parsed.has_key("user") {
        diag.error(
            &item.ident,
            "`#[auth_backend]` requires `user`; add `user = User` with a type that derives `JwtUser`",
        );
    }
    parsed.user.as_ref()
}

/// The header that carries the token.
fn header(parsed: &Parsed, diag: &mut Diag) -> Option<String> {
    let written = parsed.header.as_ref()?;
    let value = written.value();
    if let Err(error) = header::check(&value) {
        diag.syntax_error(written, &error);
    }
    Some(value)
}

/// Clients that read the metadata of a resource send `Authorization: Bearer` (RFC 6750 section 2.1), and no other header.
fn resource_is_read_with_bearer(parsed: &Parsed, diag: &mut Diag) {
    let key = Endpoint::ResourceMetadata.key();
    if let (Some(header), Some(_)) = (&parsed.header, parsed.url(Endpoint::ResourceMetadata)) {
        diag.error(
            header,
            format!("clients of a `{key}` send `Authorization: Bearer`; remove `header`, or remove `{key}`"),
        );
    }
}

/// The name of the security scheme, a component name of OpenAPI 3.1 section 4.8.7. By default the name of the struct.
fn scheme_name(item: &DeriveInput, parsed: &Parsed, diag: &mut Diag) -> String {
    let Some(written) = &parsed.scheme_name else {
        let name = item.ident.to_string();
        return name.strip_prefix("r#").unwrap_or(&name).to_owned();
    };
    let value = written.value();
    if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
        diag.error(written, "a scheme name can contain only letters, digits, `.`, `-` and `_`; use `\"Auth\"`");
    }
    value
}
