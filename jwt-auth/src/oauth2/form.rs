//! The forms of token requests, by the rules of RFC 6749 section 3.2.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http::header::CONTENT_TYPE;
use jwt_auth_grammar::scope::is_scope_token;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::credential::header_line::single_line;
use crate::jose::json::{self, NotStrict};
use crate::oauth2::answer::GrantError;

/// The maximum length of a form, in bytes. A longer one is refused before it is read.
pub(crate) const MAX_BODY: usize = 16 * 1024;

/// How long a form may take to arrive.
pub(crate) const MAX_TIME: Duration = Duration::from_secs(10);

/// The parameters that the endpoints read. Others are ignored, and may be repeated.
const KNOWN: [&str; 8] =
    ["grant_type", "username", "password", "scope", "refresh_token", "client_id", "client_secret", "token"];

/// The parameters of a token request, each at most once.
#[derive(Default)]
pub(crate) struct TokenForm(HashMap<&'static str, Zeroizing<String>>);

impl TokenForm {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, GrantError> {
        // The parser below would replace bytes that are not UTF-8, and so read a text that was not sent (RFC 6749 appendix B).
        if percent_encoding::percent_decode(body).decode_utf8().is_err() {
            return Err(GrantError::InvalidRequest);
        }
        let mut form = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            let Some(known) = KNOWN.into_iter().find(|known| *known == name) else { continue };
            if form.insert(known, Zeroizing::new(value.into_owned())).is_some() {
                return Err(GrantError::InvalidRequest);
            }
        }
        Ok(Self(form))
    }

    /// Reads the parameters from a JSON object. The error never contains a value.
    fn from_json(body: &[u8]) -> Result<Self, String> {
        let object = json::object(body, json::MAX_DEPTH);
        let object = object.map_err(|NotStrict| "it is not one JSON object, or it has a name twice")?;
        let mut form = HashMap::new();
        for (name, value) in object {
            let Some(known) = KNOWN.into_iter().find(|known| *known == name) else { continue };
            match value {
                Value::String(text) => drop(form.insert(known, Zeroizing::new(text))),
                Value::Null => {}
                _ => return Err(format!("`{known}` is no string")),
            }
        }
        Ok(Self(form))
    }

    /// The value of a parameter. An empty value counts as missing.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, GrantError> {
        self.optional(name).ok_or(GrantError::InvalidRequest)
    }

    /// The requested scopes. Empty if there is no `scope` parameter.
    pub(crate) fn scopes(&self) -> Result<Vec<&str>, GrantError> {
        let Some(scope) = self.optional("scope") else { return Ok(Vec::new()) };
        let scopes: Vec<&str> = scope.split(' ').collect();
        if scopes.iter().all(|scope| is_scope_token(scope)) { Ok(scopes) } else { Err(GrantError::InvalidScope) }
    }
}

/// Whether the body is a form: a single `Content-Type` of `application/x-www-form-urlencoded`, no other charset than
/// UTF-8, and no `Content-Encoding`.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    has_media_type(headers, "application/x-www-form-urlencoded")
}

/// Whether the body is JSON, by the same rules.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    has_media_type(headers, "application/json")
}

fn has_media_type(headers: &HeaderMap, expected: &str) -> bool {
    let Ok(Some(line)) = single_line(headers, &CONTENT_TYPE) else { return false };
    let Ok(content_type) = line.to_str() else { return false };
    let mut parts = content_type.split(';').map(str::trim);
    let is_expected = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(expected));
    let is_utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    is_expected && parts.all(is_utf8) && !headers.contains_key(CONTENT_ENCODING)
}

/// A user name and a password, for a sign-in handler of your own. As an extractor it reads the form that a client sends to the token
/// endpoint, `grant_type=password&username=...&password=...&scope=...`, or the same members as a JSON object
/// (`Content-Type: application/json`), in which `grant_type` may be missing. The token endpoint that the library mounts reads forms
/// only, as RFC 6749 says.
///
/// It refuses another content type, more than 16 KiB, a missing or repeated parameter, a member that is no string, and another
/// `grant_type` with a [`GrantError`]; the log says what was wrong. An empty value counts as missing, and unknown parameters are
/// ignored (RFC 6749 section 3.2).
///
/// With it a sign-in needs few lines, because `?` also turns a [`LoginError`](crate::LoginError) into a [`GrantError`].
/// [`check_password`](crate::AuthSession::check_password) counts wrong passwords together with the token endpoint:
///
/// ```
/// # use jwt_auth::{auth_backend, AuthSession, GrantError, JwtUser, Login, Parts, PasswordForm};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = check)] struct Auth;
/// # fn check(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> { None }
/// async fn sign_in(session: AuthSession<Auth>, form: PasswordForm) -> Result<Login, GrantError> {
///     let user = session.check_password(&form.username, &form.password).await?.ok_or(GrantError::InvalidGrant)?;
///     Ok(session.login(&user).scopes(form.scopes()).await?)
/// }
/// ```
///
/// RFC 9700 section 2.4 forbids this grant for third-party clients: use it for your own first-party pages, and the
/// authorization code grant of an identity provider for everyone else.
#[derive(Clone)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[doc(alias("OAuth2PasswordBearerAuth", "OAuth2PasswordRequestForm", "login_form"))]
pub struct PasswordForm {
    /// Always `password`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^password$"))]
    pub grant_type: String,
    /// The user's name.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub username: String,
    /// The user's password.
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1))]
    pub password: String,
    /// The requested scopes, separated by spaces.
    #[cfg_attr(feature = "openapi", schema(nullable = false, pattern = "^([!#-\\[\\]-~]+( [!#-\\[\\]-~]+)*)?$"))]
    pub scope: Option<String>,
}

impl PasswordForm {
    /// The requested scopes.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.as_deref().unwrap_or_default().split(' ').filter(|scope| !scope.is_empty())
    }

    pub(crate) fn parse(body: &[u8]) -> Result<Self, GrantError> {
        let form = TokenForm::parse(body)?;
        form.required("grant_type")?;
        Self::of(&form)
    }

    /// Reads a JSON object. The log says what is wrong with it.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, GrantError> {
        let form = TokenForm::from_json(body).and_then(|form| {
            for name in ["username", "password"] {
                form.required(name).map_err(|_| format!("it has no `{name}`, or an empty one"))?;
            }
            Ok(form)
        });
        let form = form.map_err(|mistake| {
            tracing::info!(target: "jwt_auth", "the JSON of a sign-in is refused: {mistake}");
            GrantError::InvalidRequest
        })?;
        Self::of(&form)
    }

    fn of(form: &TokenForm) -> Result<Self, GrantError> {
        let grant_type = form.optional("grant_type").unwrap_or("password").to_owned();
        if grant_type != "password" {
            return Err(GrantError::UnsupportedGrantType);
        }
        form.scopes()?;
        Ok(Self {
            grant_type,
            username: form.required("username")?.to_owned(),
            password: form.required("password")?.to_owned(),
            scope: form.optional("scope").map(str::to_owned),
        })
    }
}

/// Shows neither the user name nor the password.
impl fmt::Debug for PasswordForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordForm").field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // TOK-02
    #[test]
    fn a_form_is_urlencoded_utf_8() {
        let is_form = |values: &[&str], encoding: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_TYPE, value.parse().unwrap());
            }
            encoding.iter().for_each(|value| drop(headers.insert(CONTENT_ENCODING, value.parse().unwrap())));
            is_form(&headers)
        };
        let form = "application/x-www-form-urlencoded";
        for good in [
            form,
            "APPLICATION/X-WWW-Form-Urlencoded",
            &format!("{form}; charset=UTF-8"),
            &format!("{form};charset=\"utf-8\"; x=y"),
        ] {
            assert!(is_form(&[good], None), "{good}");
        }
        for bad in [
            "application/json",
            "multipart/form-data",
            "text/plain",
            "",
            &format!("{form}; charset=latin1"),
            &format!("x{form}"),
        ] {
            assert!(!is_form(&[bad], None), "{bad}");
        }
        assert!(!is_form(&[], None) && !is_form(&[form, form], None) && !is_form(&[form], Some("gzip")));
    }
}

#[cfg(test)]
mod password_form_tests {
    use super::*;

    // TOK-03
    #[test]
    fn a_form_is_read_by_the_rules_of_rfc_6749() {
        let form = PasswordForm::parse(b"grant_type=password&username=a+b&password=%C3%BC%26&scope=read+write&x=y&x=z")
            .unwrap();
        assert_eq!((form.username.as_str(), form.password.as_str()), ("a b", "ü&"));
        assert_eq!(form.scopes().collect::<Vec<_>>(), ["read", "write"]);
        assert_eq!(PasswordForm::parse(b"grant_type=password&username=a&password=b&scope=").unwrap().scope, None);
    }

    // TOK-03, TOK-06
    #[test]
    fn each_fault_has_its_code() {
        let code = |body: &[u8]| PasswordForm::parse(body).unwrap_err().code();
        assert_eq!(code(b""), "invalid_request");
        assert_eq!(code(b"username=a&password=b"), "invalid_request");
        assert_eq!(code(b"grant_type=password&username=a"), "invalid_request");
        assert_eq!(code(b"grant_type=password&username=&password=b"), "invalid_request");
        assert_eq!(code(b"grant_type=password&username=a&username=a&password=b"), "invalid_request");
        assert_eq!(code(b"grant_type=client_credentials&username=a&password=b"), "unsupported_grant_type");
        assert_eq!(code(b"grant_type=password&username=a&password=b&scope=a++b"), "invalid_scope");
        assert_eq!(code(b"grant_type=password&username=a&password=b&scope=a%22b"), "invalid_scope");
    }

    // REL-06
    #[test]
    fn what_is_wrong_with_json_is_said_without_its_values() {
        let mistake = |body: &str| TokenForm::from_json(body.as_bytes()).map(drop).unwrap_err();
        assert_eq!(mistake(r#"{"password":{"hunter2":1}}"#), "`password` is no string");
        assert_eq!(mistake(r#"{"username":77}"#), "`username` is no string");
        let twice = "it is not one JSON object, or it has a name twice";
        for body in [r#"{"password":"hunter2","password":"hunter2"}"#, r#""hunter2""#, r#"{"password":"hunter2"#, ""] {
            assert_eq!(mistake(body), twice);
        }
    }

    // REL-06
    #[test]
    fn debug_shows_no_password() {
        let form = PasswordForm::parse(b"grant_type=password&username=alice&password=hunter2").unwrap();
        assert!(!format!("{form:?}").contains("hunter2") && !format!("{form:?}").contains("alice"));
    }
}
