//! The OAuth clients of a backend, and their authentication (RFC 6749 section 2).

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use zeroize::Zeroizing;

use crate::credential::header_line::{Repeated, single_line};
use crate::jose::crypto::sha256;
use crate::oauth2::answer::GrantError;
use crate::oauth2::form::TokenForm;

/// The length of 128 random bits in base64url. Such a secret cannot be guessed, so attempts need not be throttled.
const MIN_SECRET: usize = 22;
const MAX_ID: usize = 255;

/// An OAuth client, for [`Builder::client`](crate::Builder::client).
///
/// ```
/// use jwt_auth::oauth2::Client;
/// let batch = Client::confidential("batch", "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhG").scopes(["read"]);
/// let pages = Client::public("pages");
/// ```
#[derive(Clone)]
pub struct Client {
    id: String,
    secret: Option<Zeroizing<String>>,
    scopes: Option<Vec<String>>,
    default_scopes: Option<Vec<String>>,
}

impl Client {
    /// A client that can keep a secret. The secret must have at least 22 characters (128 random bits in base64), or
    /// `build()` fails. The client sends it with HTTP Basic, or as `client_id` and `client_secret` in the form, but not
    /// both (RFC 6749 section 2.3.1).
    pub fn confidential(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: Some(Zeroizing::new(secret.into())), scopes: None, default_scopes: None }
    }

    /// A client that cannot keep a secret, such as a web page or a mobile app. It only sends its `client_id` in the
    /// form.
    pub fn public(id: impl Into<String>) -> Self {
        Self { id: id.into(), secret: None, scopes: None, default_scopes: None }
    }

    /// The only scopes that tokens for this client can have. By default a client can get every declared scope.
    #[must_use]
    pub fn scopes<I: IntoIterator<Item = S>, S: Into<String>>(self, names: I) -> Self {
        Self { scopes: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// The scopes that this client gets if it asks for none, instead of
    /// [`Builder::default_scopes`](crate::Builder::default_scopes). As those, they are only granted if the client may have them and
    /// `scope_allowed` allows them. An empty list grants none. A name that is not declared is an error of `build()`.
    #[must_use]
    pub fn default_scopes<I: IntoIterator<Item = S>, S: Into<String>>(self, names: I) -> Self {
        Self { default_scopes: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    pub(crate) fn is_confidential(&self) -> bool {
        self.secret.is_some()
    }

    fn mistake(&self, declared: &[&str]) -> Option<String> {
        let Self { id, secret, scopes, default_scopes } = self;
        let mut named = scopes.iter().chain(default_scopes).flatten();
        let undeclared = named.find(|scope| !declared.contains(&scope.as_str()));
        if id.is_empty() || !is_client_id(id) {
            Some("the id is not 1 to 255 visible ASCII characters or spaces".into())
        } else if secret.as_ref().is_some_and(|secret| secret.len() < MIN_SECRET) {
            Some(format!(
                "the secret of `{id}` has fewer than {MIN_SECRET} characters; make one with `openssl rand -base64 32`"
            ))
        } else {
            undeclared.map(|scope| format!("`{id}` may have the scope `{scope}`, which `scopes(...)` does not declare"))
        }
    }
}

/// Does not show the secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// The clients that the builder named. If there are none, the endpoints accept every client; otherwise only these.
#[derive(Default)]
pub(crate) struct Clients {
    salt: Zeroizing<[u8; 32]>,
    known: Vec<Known>,
}

struct Known {
    id: String,
    /// The hash of the salt and the secret. Nobody knows the salt, so the time that a comparison takes reveals nothing
    /// about the secret.
    secret: Option<[u8; 32]>,
    scopes: Option<Vec<String>>,
    default_scopes: Option<Vec<String>>,
}

/// The client of a request.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'r> {
    /// The id that the client sent. If the builder names clients, it is the id of one of them.
    pub(crate) id: Option<&'r str>,
    pub(crate) is_confidential: bool,
    scopes: Option<&'r [String]>,
    /// The scopes that the client gets if it asks for none. `None` if the builder's apply.
    pub(crate) default_scopes: Option<&'r [String]>,
}

impl Caller<'_> {
    /// The scopes that the client may get. `None` if it may get all of them.
    pub(crate) fn scopes(&self) -> Option<impl Iterator<Item = &str>> {
        self.scopes.map(|scopes| scopes.iter().map(String::as_str))
    }
}

impl Clients {
    /// The mistakes in the clients of a builder, at most one for each client.
    pub(crate) fn mistakes(clients: &[Client], declared: &[&str]) -> Vec<String> {
        let is_second = |at: usize, id: &str| clients.iter().take(at).filter(|earlier| earlier.id == id).count() == 1;
        let mistake = |(at, client): (usize, &Client)| {
            let twice = || is_second(at, &client.id).then(|| format!("`{}` is named twice", client.id));
            client.mistake(declared).or_else(twice)
        };
        clients.iter().enumerate().filter_map(mistake).collect()
    }

    /// Makes the clients. [`mistakes`](Self::mistakes) must have found none.
    pub(crate) fn new(clients: Vec<Client>) -> Result<Self, &'static str> {
        let mut salt = Zeroizing::new([0; 32]);
        getrandom::fill(salt.as_mut()).map_err(|_| "`client`: no random numbers")?;
        let mut all = Self { salt, known: Vec::new() };
        for Client { id, secret, scopes, default_scopes } in clients {
            let secret = secret.map(|secret| all.hash(&secret).ok_or("`client`: no crypto backend")).transpose()?;
            all.known.push(Known { id, secret, scopes, default_scopes });
        }
        Ok(all)
    }

    #[cfg(feature = "openapi")]
    pub(crate) fn is_closed(&self) -> bool {
        !self.known.is_empty()
    }

    fn hash(&self, secret: &str) -> Option<[u8; 32]> {
        sha256(&Zeroizing::new([self.salt.as_slice(), secret.as_bytes()].concat())).ok()
    }

    /// The client of a request. Fails if the client is unknown or does not authenticate as it must.
    pub(crate) fn identify<'r>(&'r self, headers: &HeaderMap, form: &'r TokenForm) -> Result<Caller<'r>, GrantError> {
        let sent_id = form.optional("client_id");
        if sent_id.is_some_and(|id| !is_client_id(id)) {
            return Err(GrantError::InvalidRequest);
        }
        if self.known.is_empty() {
            return Ok(Caller { id: sent_id, is_confidential: false, scopes: None, default_scopes: None });
        }
        let presented = match (basic(headers)?, form.optional("client_secret")) {
            (Some(_), Some(_)) => return Err(GrantError::InvalidRequest),
            (Some(by_basic), None) if sent_id.is_some_and(|sent_id| by_basic.iter().all(|pair| pair.0 != sent_id)) => {
                return Err(GrantError::InvalidRequest);
            }
            (Some(by_basic), None) => by_basic,
            (None, secret) => {
                vec![(sent_id.unwrap_or_default().to_owned(), Zeroizing::new(secret.unwrap_or_default().to_owned()))]
            }
        };
        let is_one = |known: &&Known| presented.iter().any(|(id, secret)| self.is(known, id, secret));
        let known = self.known.iter().find(is_one).ok_or(GrantError::InvalidClient)?;
        Ok(Caller {
            id: Some(&known.id),
            is_confidential: known.secret.is_some(),
            scopes: known.scopes.as_deref(),
            default_scopes: known.default_scopes.as_deref(),
        })
    }

    /// A public client has no secret. An empty one counts as none, since browsers and many clients send an empty
    /// secret.
    fn is(&self, known: &Known, id: &str, secret: &str) -> bool {
        known.id == id
            && match known.secret {
                Some(hash) => self.hash(secret) == Some(hash),
                None => secret.is_empty(),
            }
    }
}

/// The grammar of a client id (RFC 6749 appendix A.1).
fn is_client_id(id: &str) -> bool {
    id.len() <= MAX_ID && id.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

/// The possible readings of a request's credentials, each an id and a secret. The secret is empty if there is none.
type Presented = Vec<(String, Zeroizing<String>)>;

/// The id and secret of `Authorization: Basic`, read in two ways: as they are (RFC 7617), which most clients send, and
/// form-encoded (RFC 6749 section 2.3.1). `None` for another scheme.
fn basic(headers: &HeaderMap) -> Result<Option<Presented>, GrantError> {
    let line = single_line(headers, &AUTHORIZATION).map_err(|Repeated| GrantError::InvalidRequest)?;
    let Some(value) = line else { return Ok(None) };
    let text = value.to_str().map_err(|_| GrantError::InvalidClient)?;
    let (scheme, encoded) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let bytes = STANDARD.decode(encoded.trim_start_matches(' ')).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| GrantError::InvalidClient)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| GrantError::InvalidClient)?;
    let (id, secret) = text.split_once(':').ok_or(GrantError::InvalidClient)?;
    let mut both = vec![(id.to_owned(), Zeroizing::new(secret.to_owned()))];
    if let (Some(id), Some(secret)) = (decoded(id), decoded(secret)) {
        both.push((id, Zeroizing::new(secret)));
    }
    Ok(Some(both))
}

/// The form-decoded text. `None` if it is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let spaced = Zeroizing::new(text.replace('+', " "));
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}
