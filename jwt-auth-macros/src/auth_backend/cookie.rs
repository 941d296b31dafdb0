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
    check_literal(written.domain.as_ref(), cookie::check_domain, diag);
    let cookie = Cookie {
        name: written.name.as_ref().map(LitStr::value),
        path: written.path.as_ref().map(LitStr::value),
        domain: written.domain.as_ref().map(LitStr::value),
        secure: written.secure.as_ref().map(syn::LitBool::value),
        same_site: same_site(written, diag),
    };
    the_name_allows_the_attributes(written, &cookie, diag);
    cookie
}

fn check_literal(written: Option<&LitStr>, check: fn(&str) -> Result<(), SyntaxError>, diag: &mut Diag) {
    if let Some(literal) = written
        && let Err(error) = check(&literal.value())
    {
        diag.syntax_error(literal, &error);
    }
}

/// The name of the cookie must allow its attributes. Since the default name is a `__Host-` name, a declaration with another
/// path needs another name too.
fn the_name_allows_the_attributes(written: &ParsedCookie, cookie: &Cookie, diag: &mut Diag) {
    let default = Attributes::DEFAULT;
    let attributes = Attributes {
        name: cookie.name.as_deref().unwrap_or(default.name),
        path: cookie.path.as_deref().unwrap_or(default.path),
        domain: cookie.domain.as_deref().or(default.domain),
        secure: cookie.secure.unwrap_or(default.secure),
        same_site: cookie.same_site.unwrap_or(default.same_site),
    };
    let (name, verb) = (attributes.name, if written.name.is_some() { "write" } else { "add" });
    for conflict in attributes.conflicts() {
        match conflict {
            Conflict::Path => diag.error(
                &written.path,
                format!("the cookie name `{name}` requires `path = \"/\"`; {verb} `name = \"{SECURE_PREFIX}token\"`"),
            ),
            Conflict::Domain => diag.error(
                &written.domain,
                format!("the cookie name `{name}` allows no `domain`; {verb} `name = \"{SECURE_PREFIX}token\"`"),
            ),
            Conflict::Secure => diag.error(
                &written.secure,
                format!("the cookie name `{name}` requires `secure = true`; {verb} `name = \"token\"`"),
            ),
            Conflict::SameSite => {
                diag.error(&written.same_site, "`same_site = \"none\"` requires `secure = true`; use `\"lax\"`");
            }
        }
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
