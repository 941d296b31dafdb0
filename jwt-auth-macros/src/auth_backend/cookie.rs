//! The rules of `cookie(...)`.

use jwt_auth_grammar::SyntaxError;
use jwt_auth_grammar::cookie::{self, Conflict, Cookie as Attributes, SECURE_PREFIX, SameSite};
use jwt_auth_grammar::words::suggestion;
use syn::LitStr;

use super::model::Cookie;
use super::parse::ParsedCookie;
use crate::diag::Diag;

pub(super) fn check(written: &ParsedCookie, diag: &mut Diag) -> Cookie {
    check_literal(written.name.as_ref(), cookie::check_name, diag);
    check_literal(written.path.as_ref(), cookie::check_path, diag);
    let cookie = Cookie {
        name: written.name.as_ref().map(LitStr::value),
        path: written.path.as_ref().map(LitStr::value),
        same_site: same_site(written, diag),
    };
    the_name_allows_the_path(written, &cookie, diag);
    cookie
}

fn check_literal(written: Option<&LitStr>, check: fn(&str) -> Result<(), SyntaxError>, diag: &mut Diag) {
    if let Some(literal) = written
        && let Err(error) = check(&literal.value())
    {
        diag.syntax_error(literal, &error);
    }
}

/// The name of the cookie must allow its path. Since the default name is a `__Host-` name, a declaration with another path needs
/// another name too. `build()` checks what the deployment adds: the domain, and whether the cookie is `Secure`.
fn the_name_allows_the_path(written: &ParsedCookie, cookie: &Cookie, diag: &mut Diag) {
    let default = Attributes::DEFAULT;
    let name = cookie.name.as_deref().unwrap_or(default.name);
    let attributes = Attributes { name, path: cookie.path.as_deref().unwrap_or(default.path), ..default };
    let verb = if written.name.is_some() { "write" } else { "add" };
    if attributes.conflicts().contains(&Conflict::Path) {
        diag.error(
            &written.path,
            format!("the cookie name `{name}` requires `path = \"/\"`; {verb} `name = \"{SECURE_PREFIX}token\"`"),
        );
    }
}

fn same_site(written: &ParsedCookie, diag: &mut Diag) -> Option<SameSite> {
    let literal = written.same_site.as_ref()?;
    let value = literal.value();
    let found = SameSite::from_name(&value);
    if found.is_none() {
        diag.error(literal, format!("unknown value `{value}`{}", suggestion(&value, &SameSite::NAMES)));
    }
    found
}
