//! The rules of `cookie(...)` (RFC 6265bis section 4.1.3).

use proc_macro2::{Ident, Span};
use syn::LitStr;

use super::model::Cookie;
use super::parse::ParsedCookie;
use crate::diag::Diag;
use crate::keys::SAME_SITE;
use crate::words::suggestion;

pub(super) fn check(written: &ParsedCookie, diag: &mut Diag) -> Cookie {
    name_is_a_token(written, diag);
    path_starts_with_slash(written, diag);
    domain_is_a_host(written, diag);
    prefix_agrees(written, diag);
    let same_site = same_site(written, diag);
    Cookie {
        name: written.name.as_ref().map(LitStr::value),
        path: written.path.as_ref().map(LitStr::value),
        domain: written.domain.as_ref().map(LitStr::value),
        secure: written.secure.as_ref().map(syn::LitBool::value),
        same_site,
    }
}

fn name_is_a_token(written: &ParsedCookie, diag: &mut Diag) {
    let Some(name) = &written.name else { return };
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !name.value().bytes().all(is_token) {
        diag.error(name, "a cookie name has only letters, digits, `-` and `_`; use `\"token\"`");
    }
}

fn path_starts_with_slash(written: &ParsedCookie, diag: &mut Diag) {
    let Some(path) = &written.path else { return };
    let value = path.value();
    if !value.starts_with('/') {
        diag.error(path, format!("path must start with `/`; use `\"/{value}\"`"));
    } else if value.bytes().any(|byte| byte == b';' || !byte.is_ascii_graphic()) {
        diag.error(path, "a cookie path has no `;`, no space and only ASCII; use `\"/\"`");
    }
}

fn domain_is_a_host(written: &ParsedCookie, diag: &mut Diag) {
    let Some(domain) = &written.domain else { return };
    let value = domain.value();
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    if value.starts_with('.') || !value.bytes().all(legal) {
        diag.error(domain, "a cookie domain is a host name in lower case; use `\"example.com\"`");
    }
}

/// `__Host-` means `Secure`, `Path=/` and no `Domain`; `__Secure-` means `Secure`. The default name is
/// `__Host-token`, so whoever changes one of these names the cookie too.
fn prefix_agrees(written: &ParsedCookie, diag: &mut Diag) {
    let name = written.name.as_ref().map_or_else(|| "__Host-token".to_owned(), LitStr::value);
    let lower = name.to_ascii_lowercase();
    let (is_host, is_secure) = (lower.starts_with("__host-"), lower.starts_with("__secure-"));
    let verb = if written.name.is_some() { "write" } else { "add" };
    if is_host && let Some(path) = written.path.as_ref().filter(|path| path.value() != "/") {
        diag.error(
            path,
            format!("the cookie name `{name}` requires `path = \"/\"`; {verb} `name = \"__Secure-token\"`"),
        );
    }
    if is_host && let Some(domain) = &written.domain {
        diag.error(domain, format!("the cookie name `{name}` allows no `domain`; {verb} `name = \"__Secure-token\"`"));
    }
    if let Some(secure) = written.secure.as_ref().filter(|secure| !secure.value()) {
        if is_host || is_secure {
            diag.error(secure, format!("the cookie name `{name}` requires `secure = true`; {verb} `name = \"token\"`"));
        } else if written.same_site.as_ref().is_some_and(|same_site| same_site.value() == "none") {
            diag.error(&written.same_site, "`same_site = \"none\"` requires `secure = true`; use `\"lax\"`");
        }
    }
}

fn same_site(written: &ParsedCookie, diag: &mut Diag) -> Option<Ident> {
    let literal = written.same_site.as_ref()?;
    let variant = match literal.value().as_str() {
        "strict" => "Strict",
        "lax" => "Lax",
        "none" => "None",
        other => {
            diag.error(literal, format!("unknown value `{other}`{}", suggestion(other, SAME_SITE)));
            return None;
        }
    };
    Some(Ident::new(variant, Span::call_site()))
}
