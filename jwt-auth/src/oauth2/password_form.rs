//! The form of the resource owner password credentials grant (RFC 6749 section 4.3.2).

use std::fmt;

use crate::oauth2::error::GrantError;
use crate::oauth2::token_form::TokenForm;

/// The form that a client sends to the token endpoint: `grant_type=password&username=...&password=...&scope=...`.
///
/// As an extractor it refuses another content type, a missing or repeated parameter, and another `grant_type` with a
/// [`GrantError`]. An empty value counts as missing, and unknown parameters are ignored (RFC 6749 section 3.2).
///
/// With it a token endpoint of your own needs few lines, because `?` also turns a [`LoginError`](crate::LoginError)
/// into a [`GrantError`]. This endpoint does not throttle wrong passwords; use
/// [`check_password`](crate::Backend::check_password) for that:
///
/// ```
/// # use jwt_auth::{auth_backend, AuthSession, GrantError, JwtUser, Login, PasswordForm};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "oauth2", user = User, token_url = "/token")] struct Auth;
/// # impl Auth { async fn check(&self, _: &str, _: &str) -> Option<User> { None } }
/// async fn token(session: AuthSession<Auth>, form: PasswordForm) -> Result<Login, GrantError> {
///     let user = session.config().check(&form.username, &form.password).await.ok_or(GrantError::InvalidGrant)?;
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
        let grant_type = form.required("grant_type")?.to_owned();
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
    fn debug_shows_no_password() {
        let form = PasswordForm::parse(b"grant_type=password&username=alice&password=hunter2").unwrap();
        assert!(!format!("{form:?}").contains("hunter2") && !format!("{form:?}").contains("alice"));
    }
}
