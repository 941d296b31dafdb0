//! Reads the arguments of the attribute, without judging them.

use jwt_auth_grammar::endpoint::Endpoint;
use jwt_auth_grammar::kind::Kind;
use jwt_auth_grammar::words::{nearest, suggestion};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{LitBool, LitStr, Path, Type};

use super::other_names::{self, Place};
use super::parse_scopes::{self, ParsedScope};
use crate::crate_path::CratePath;
use crate::diag::Diag;
use crate::entries::{self, Entry};
use crate::keys::{self, Key};

/// The places of keys, for messages.
const ATTRIBUTE: &str = "#[auth_backend]";
const COOKIE: &str = "cookie(...)";

/// The arguments as they are written. A value that could not be parsed is missing here, and has been reported.
pub(super) struct Parsed {
    pub(super) krate: CratePath,
    /// Every known key that is written, once, with its token for messages.
    pub(super) keys: Vec<(&'static Key, TokenTree)>,
    /// The keys that the unknown names most likely stand for. They are not reported as missing too.
    pub(super) meant: Vec<&'static str>,
    pub(super) kind: Option<LitStr>,
    pub(super) user: Option<Type>,
    pub(super) retrieve_user: Option<Path>,
    pub(super) revoked: Option<Path>,
    pub(super) authenticate: Option<Path>,
    pub(super) scope_allowed: Option<Path>,
    /// The paths of the endpoints that the library answers.
    pub(super) urls: Vec<(Endpoint, LitStr)>,
    pub(super) exclude: Vec<LitStr>,
    pub(super) header: Option<LitStr>,
    pub(super) cookie: Option<ParsedCookie>,
    /// The value of `cookie = true` or `cookie = false`.
    pub(super) cookie_switch: Option<LitBool>,
    pub(super) scheme_name: Option<LitStr>,
    pub(super) description: Option<LitStr>,
    pub(super) scopes: Vec<ParsedScope>,
}

#[derive(Default)]
pub(super) struct ParsedCookie {
    pub(super) name: Option<LitStr>,
    pub(super) path: Option<LitStr>,
    pub(super) same_site: Option<LitStr>,
}

/// Removes and reports a second `#[auth_backend]` on the item.
pub(super) fn applied_once(tokens: &TokenStream, diag: &mut Diag) -> TokenStream {
    let Ok(mut item) = syn::parse2::<syn::DeriveInput>(tokens.clone()) else { return tokens.clone() };
    let is_again = |attr: &syn::Attribute| attr.path().segments.last().is_some_and(|last| last.ident == "auth_backend");
    for again in item.attrs.iter().filter(|attr| is_again(attr)) {
        diag.error(again, "duplicate `#[auth_backend]`; remove one");
    }
    if !item.attrs.iter().any(is_again) {
        return tokens.clone();
    }
    item.attrs.retain(|attr| !is_again(attr));
    item.into_token_stream()
}

/// Parses the struct under the attribute. The item is emitted even if this fails.
pub(super) fn item(tokens: &TokenStream, diag: &mut Diag) -> Option<syn::DeriveInput> {
    let advice = "#[auth_backend] belongs on a struct";
    match syn::parse2::<syn::DeriveInput>(tokens.clone()) {
        Ok(item) => {
            match &item.data {
                syn::Data::Struct(_) => {}
                syn::Data::Enum(data) => diag.error(data.enum_token, format!("{advice}; this is an enum")),
                syn::Data::Union(data) => diag.error(data.union_token, format!("{advice}; this is a union")),
            }
            Some(item)
        }
        Err(_) => {
            let keyword =
                tokens.clone().into_iter().find(|token| matches!(token, TokenTree::Ident(word) if word != "pub"));
            let place = keyword.map_or_else(|| tokens.clone(), |keyword| keyword.into_token_stream());
            diag.error(place, format!("{advice}; write `struct Auth;`"));
            None
        }
    }
}

pub(super) fn parse(arguments: TokenStream, diag: &mut Diag) -> Parsed {
    let mut parsed = Parsed {
        krate: CratePath::DEFAULT,
        keys: Vec::new(),
        meant: Vec::new(),
        kind: None,
        user: None,
        retrieve_user: None,
        revoked: None,
        authenticate: None,
        scope_allowed: None,
        urls: Vec::new(),
        exclude: Vec::new(),
        header: None,
        cookie: None,
        cookie_switch: None,
        scheme_name: None,
        description: None,
        scopes: Vec::new(),
    };
    for entry in entries::parse(arguments, diag) {
        let Some(key) = known(&entry, keys::AUTH_BACKEND, ATTRIBUTE, &parsed.keys, diag) else {
            parsed.meant.extend(meant(&entry.name()));
            continue;
        };
        parsed.keys.push((key, entry.key.clone()));
        let example = key.example;
        if let Some(endpoint) = Endpoint::from_key(key.name) {
            parsed.urls.extend(entry.string(example, diag).map(|url| (endpoint, url)));
            continue;
        }
        match key.name {
            "kind" => parsed.kind = entry.string(example, diag),
            "user" => parsed.user = entry.parsed("a type", example, diag),
            "retrieve_user" => parsed.retrieve_user = entry.parsed("the path of a function", example, diag),
            "revoked" => parsed.revoked = entry.parsed("the path of a function", example, diag),
            "authenticate" => parsed.authenticate = entry.parsed("the path of a function", example, diag),
            "scope_allowed" => parsed.scope_allowed = entry.parsed("the path of a function", example, diag),
            "exclude" => parsed.exclude = entry.strings(example, diag),
            "header" => parsed.header = entry.string(example, diag),
            "cookie" if entry.boolean().is_some() => parsed.cookie_switch = entry.boolean(),
            "cookie" => parsed.cookie = entry.list(example, diag).map(|entries| parse_cookie(entries, diag)),
            "scheme_name" => parsed.scheme_name = entry.string(example, diag),
            "description" => parsed.description = entry.string(example, diag),
            "scopes" => parsed.scopes = parse_scopes::parse(entry.list(example, diag).unwrap_or_default(), diag),
            _ => parsed.krate = CratePath::parse(&entry, diag),
        }
    }
    parsed
}

fn parse_cookie(entries: Vec<Entry>, diag: &mut Diag) -> ParsedCookie {
    let mut cookie = ParsedCookie::default();
    let mut seen = Vec::new();
    for entry in entries {
        let Some(key) = known(&entry, keys::COOKIE, COOKIE, &seen, diag) else { continue };
        seen.push((key, entry.key.clone()));
        let example = key.example;
        match key.name {
            "name" => cookie.name = entry.string(example, diag),
            "path" => cookie.path = entry.string(example, diag),
            _ => cookie.same_site = entry.string(example, diag),
        }
    }
    cookie
}

/// Finds the key of an entry in the table. Reports a key that is unknown or already written.
fn known(
    entry: &Entry,
    table: &'static [Key],
    place: &str,
    seen: &[(&'static Key, TokenTree)],
    diag: &mut Diag,
) -> Option<&'static Key> {
    let name = entry.name();
    let is_word = matches!(entry.key, TokenTree::Ident(_));
    let Some(key) = keys::find(table, &name).filter(|_| is_word) else {
        // The mistake of a broken entry has been reported already.
        if entry.is_broken() {
            return None;
        }
        diag.error(&entry.key, unknown(&name, table, place));
        return None;
    };
    if seen.iter().any(|(other, _)| other.name == key.name) {
        diag.error(&entry.key, format!("duplicate key `{name}`; it is already set above"));
        return None;
    }
    Some(key)
}

/// The message for a name that is not a key.
fn unknown(name: &str, table: &[Key], place: &str) -> String {
    let mistake = format!("unknown key `{name}` in `{place}`");
    if place == COOKIE {
        return match name.replace('_', "").as_str() {
            "httponly" => "the cookie is always `HttpOnly`; remove this key".to_owned(),
            "maxage" | "expires" => "the cookie lasts as long as its token; remove this key".to_owned(),
            _ => match other_names::of_cookie(name) {
                Some(call) => in_the_builder(name, call),
                None => mistake + &suggestion(name, &keys::names(table)),
            },
        };
    }
    if let Some(kind) = Kind::from_name(name) {
        return format!("{mistake}; write `kind = \"{}\"`", kind.name());
    }
    match other_names::find(name) {
        Some(Place::Key(key)) => format!("{mistake}; write `{}`", key.example),
        Some(Place::Cookie) => format!("not expected here; `{name}` belongs in `cookie(...)`"),
        Some(Place::Builder(call)) => in_the_builder(name, call),
        None => mistake + &suggestion(name, &keys::names(table)),
    }
}

/// The message for a setting that belongs in the builder.
fn in_the_builder(name: &str, call: &str) -> String {
    let verb = match call {
        // The key may have been `secure = true`.
        ".insecure_cookie()" => "the cookie is `Secure`, unless you write",
        call if call.ends_with("(...)") => "call",
        _ => "write",
    };
    format!("`{name}` differs between deployments and belongs in the builder; {verb} `{call}` after `.backend()`")
}

/// The key that an unknown name most likely stands for.
fn meant(name: &str) -> Option<&'static str> {
    match other_names::find(name) {
        Some(Place::Key(key)) => Some(key.name),
        Some(_) => None,
        None if Kind::from_name(name).is_some() => Some("kind"),
        None => nearest(name, &keys::names(keys::AUTH_BACKEND)),
    }
}

impl Parsed {
    /// Whether the key is written, or an unknown name that most likely stands for it.
    pub(super) fn has_key(&self, name: &str) -> bool {
        self.keys.iter().any(|(key, _)| key.name == name) || self.meant.contains(&name)
    }

    /// The path of an endpoint.
    pub(super) fn url(&self, endpoint: Endpoint) -> Option<&LitStr> {
        self.urls.iter().find(|(of, _)| *of == endpoint).map(|(_, url)| url)
    }

    /// The endpoint that answers at this path. A key that does not apply to the kind is a mistake of its own and has no endpoint.
    pub(super) fn endpoint_at(&self, path: &str) -> Option<Endpoint> {
        let kind = self.kind.as_ref().and_then(|kind| Kind::from_name(&kind.value()));
        let applies = |endpoint: &Endpoint| kind.is_none_or(|kind| endpoint.kinds().contains(&kind));
        let has_path =
            |endpoint: &Endpoint| self.url(*endpoint).is_some_and(|url| endpoint.served_path(&url.value()) == path);
        Endpoint::ALL.into_iter().filter(applies).find(has_path)
    }
}
