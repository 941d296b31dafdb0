//! From tokens to what was written.

use jwt_auth_grammar::endpoint::Endpoint;
use jwt_auth_grammar::kind::Kind;
use jwt_auth_grammar::words::{nearest, suggestion};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{LitBool, LitStr, Path, Type};

use super::parse_scopes::{self, ParsedScope};
use crate::crate_path::CratePath;
use crate::diag::Diag;
use crate::entries::{self, Entry};
use crate::keys::{self, Key};

/// What was written, each value where it parsed, each key for messages.
pub(super) struct Parsed {
    pub(super) krate: CratePath,
    /// Every key that was written, known and not repeated.
    pub(super) keys: Vec<(&'static Key, TokenTree)>,
    /// The keys that unknown ones were most likely meant to be, so that those are not called missing as well.
    pub(super) meant: Vec<&'static str>,
    pub(super) kind: Option<LitStr>,
    pub(super) user: Option<Type>,
    pub(super) retrieve_user: Option<Path>,
    pub(super) revoked: Option<Path>,
    pub(super) authenticate: Option<Path>,
    pub(super) scope_allowed: Option<Path>,
    /// The paths where the library answers.
    pub(super) urls: Vec<(Endpoint, LitStr)>,
    pub(super) exclude: Vec<LitStr>,
    pub(super) header: Option<LitStr>,
    pub(super) cookie: Option<ParsedCookie>,
    pub(super) scheme_name: Option<LitStr>,
    pub(super) description: Option<LitStr>,
    pub(super) scopes: Vec<ParsedScope>,
}

#[derive(Default)]
pub(super) struct ParsedCookie {
    pub(super) name: Option<LitStr>,
    pub(super) path: Option<LitStr>,
    pub(super) domain: Option<LitStr>,
    pub(super) secure: Option<LitBool>,
    pub(super) same_site: Option<LitStr>,
}

/// The item without further `#[auth_backend]`s, which are reported.
pub(super) fn applied_once(tokens: &TokenStream, diag: &mut Diag) -> TokenStream {
    let Ok(mut item) = syn::parse2::<syn::DeriveInput>(tokens.clone()) else { return tokens.clone() };
    let is_again = |attr: &syn::Attribute| attr.path().segments.last().is_some_and(|last| last.ident == "auth_backend");
    for again in item.attrs.iter().filter(|attr| is_again(attr)) {
        diag.error(again, "`#[auth_backend]` stands on this struct already; remove one");
    }
    if !item.attrs.iter().any(is_again) {
        return tokens.clone();
    }
    item.attrs.retain(|attr| !is_again(attr));
    item.into_token_stream()
}

/// The struct that the attribute stands on. The item is emitted whatever comes of this.
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
        scheme_name: None,
        description: None,
        scopes: Vec::new(),
    };
    for entry in entries::parse(arguments, diag) {
        let Some(key) = known(&entry, keys::AUTH_BACKEND, "#[auth_backend]", &parsed.keys, diag) else {
            let is_kind = Kind::from_name(&entry.name()).is_some();
            let near = nearest(&entry.name(), &keys::names(keys::AUTH_BACKEND));
            parsed.meant.extend(if is_kind { Some("kind") } else { near });
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
        let Some(key) = known(&entry, keys::COOKIE, "cookie(...)", &seen, diag) else { continue };
        seen.push((key, entry.key.clone()));
        let example = key.example;
        match key.name {
            "name" => cookie.name = entry.string(example, diag),
            "path" => cookie.path = entry.string(example, diag),
            "domain" => cookie.domain = entry.string(example, diag),
            "secure" => cookie.secure = entry.parsed("`true` or `false`", example, diag),
            _ => cookie.same_site = entry.string(example, diag),
        }
    }
    cookie
}

/// The row of the key table, unless the key is unknown or already written.
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
        // What is no entry at all is most likely no key either.
        if entry.is_broken() {
            return None;
        }
        let suggestion = match Kind::from_name(&name) {
            Some(kind) => format!("; write `kind = \"{}\"`", kind.name()),
            None => suggestion(&name, &keys::names(table)),
        };
        diag.error(&entry.key, format!("unknown key `{name}` in `{place}`{suggestion}"));
        return None;
    };
    if seen.iter().any(|(other, _)| other.name == key.name) {
        diag.error(&entry.key, format!("duplicate key `{name}`; it is already set above"));
        return None;
    }
    Some(key)
}

impl Parsed {
    /// Whether a key is written, or an unknown key that was most likely meant to be it.
    pub(super) fn has_key(&self, name: &str) -> bool {
        self.keys.iter().any(|(key, _)| key.name == name) || self.meant.contains(&name)
    }

    /// The path of an endpoint.
    pub(super) fn url(&self, endpoint: Endpoint) -> Option<&LitStr> {
        self.urls.iter().find(|(of, _)| *of == endpoint).map(|(_, url)| url)
    }

    /// The endpoint that has this path.
    pub(super) fn endpoint_at(&self, path: &str) -> Option<Endpoint> {
        Endpoint::ALL.into_iter().find(|endpoint| self.url(*endpoint).is_some_and(|url| url.value() == path))
    }
}
