//! Users: the type that `#[derive(JwtUser)]` marks as a user, and how the user of a token is found.
//!
//! The attributes of the derive mark the id and the claims that a token carries. Without `retrieve_user`, users are
//! rebuilt from their token. With it, your function finds the user of each request:
//!
//! ```
//! use jwt_auth::{auth_backend, JwtUser, NotAllowed, Parts, Token};
//!
//! #[derive(Clone, JwtUser)]
//! struct User {
//!     #[jwt_user(id)]
//!     id: u64,
//!     is_blocked: bool,
//! }
//!
//! #[auth_backend(kind = "bearer", user = User, retrieve_user = find_user)]
//! struct Auth;
//!
//! async fn find_user(_: &Auth, token: &Token, _: &Parts) -> Result<Option<User>, Box<dyn std::error::Error + Send + Sync>> {
//!     let user = User { id: token.subject().parse()?, is_blocked: false };
//!     if user.is_blocked {
//!         return Err(NotAllowed::because("blocked").into());
//!     }
//!     Ok(Some(user))
//! }
//! ```
//!
//! Traps:
//!
//! * `None` from `retrieve_user` gives 401, [`NotAllowed`] 403, a [`ClaimError`] 401, and any other error 500. So
//!   return an outage of the database as an error, not as `None`.
//! * The id can be any type with `Display` and `FromStr` ([`UserId`]), such as `u64`, `Uuid` or `String`. `FromStr`
//!   must accept what `Display` writes, or no token is issued.
//! * A claim keeps the value that it had when the token was issued. Check anything that must take effect at once, such
//!   as a ban, in `retrieve_user`.

pub(crate) mod lookup;

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::jose::error::ClaimError;
use crate::jose::token::Token;

pub use crate::user::lookup::{Answer, NotAllowed};

/// The user that a request is authenticated as. `#[derive(JwtUser)]` implements it, together with the extractors.
///
/// Each extractor gets its own clone of the user.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a user type",
    label = "this type does not implement `JwtUser`",
    note = "for local types add `#[derive(Clone, JwtUser)]` and mark one field `#[jwt_user(id)]`"
)]
#[doc(alias("current_user", "CurrentUser", "principal", "retrieve_user"))]
pub trait JwtUser: Clone + Send + Sync + 'static {
    /// The type of the field marked `#[jwt_user(id)]`: the `sub` claim is its `Display` text.
    type Id: UserId;

    /// The user's id. `login` writes it to the `sub` claim.
    fn id(&self) -> &Self::Id;

    /// Adds the fields marked `#[jwt_user(claim)]` to the claims of a new token.
    fn write_claims(&self, claims: &mut ClaimWriter<'_>);
}

/// A user that can be rebuilt from the token alone. `#[derive(JwtUser)]` implements it if every field is the id or a
/// claim, and `#[auth_backend]` then needs no `retrieve_user`. For a cached token
/// ([`Builder::token_cache`](crate::Builder::token_cache)) [`from_token`](Self::from_token) is called only once, and
/// later requests get clones of the user.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be rebuilt from a token",
    label = "this user has fields that no token carries",
    note = "name a function with `retrieve_user = path`, or mark every field `#[jwt_user(claim)]`"
)]
pub trait StatelessUser: Sized {
    /// The user that the token's subject and claims describe.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] names the claim that is missing or has the wrong type. It names `sub` if the subject is not a valid id. The
    /// request is then answered 401.
    fn from_token(token: &Token) -> Result<Self, ClaimError>;
}

/// Collects the claims of a new token.
#[derive(Debug)]
pub struct ClaimWriter<'c> {
    extras: &'c mut Map<String, Value>,
    error: &'c mut Option<String>,
}

impl<'c> ClaimWriter<'c> {
    pub(crate) fn new(extras: &'c mut Map<String, Value>, error: &'c mut Option<String>) -> Self {
        Self { extras, error }
    }

    /// Sets a top-level claim. A value that serializes to `null` is left out. No token is issued if a value does not
    /// serialize or the name is already set.
    pub fn claim<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        match serde_json::to_value(value) {
            Ok(Value::Null) => {}
            Ok(json) => self.insert(name, json),
            Err(error) => self.fail(format!("the claim `{name}` does not serialize: {error}")),
        }
    }

    /// Like [`claim`](Self::claim), but the value must also read back as a `T`. The token does not carry a `null`, but
    /// its name counts as set.
    fn typed<T: Serialize + DeserializeOwned>(&mut self, name: &str, value: &T) {
        match serde_json::to_value(value) {
            Ok(json) if T::deserialize(&json).is_ok() => self.insert(name, json),
            Ok(_) => self.fail(format!("the claim `{name}` does not read back as the type of its field")),
            Err(error) => self.fail(format!("the claim `{name}` does not serialize: {error}")),
        }
    }

    fn insert(&mut self, name: &str, json: Value) {
        if self.extras.insert(name.to_owned(), json).is_some() {
            self.fail(format!("the claim `{name}` is set twice"));
        }
    }

    /// Keeps the first error.
    fn fail(&mut self, mistake: String) {
        self.error.get_or_insert(mistake);
    }
}

/// A type that can be the field marked `#[jwt_user(id)]`: the `sub` claim is its `Display` text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a user id",
    label = "this type does not have both `Display` and `FromStr`",
    note = "the `sub` claim is the id's `Display` text, read again by `FromStr`; use a type with both, such as `String`, `u64` or `Uuid`"
)]
pub trait UserId: Sized {
    /// The text of the `sub` claim.
    #[doc(hidden)]
    fn to_subject(&self) -> String;

    /// `None` if the subject is not a valid id.
    #[doc(hidden)]
    fn from_subject(subject: &str) -> Option<Self>;
}

// `UserId` has no supertraits, and this impl is `do_not_recommend`, so that the compiler reports a type without
// `Display` or `FromStr` once, in the words above.
#[diagnostic::do_not_recommend]
impl<T: Display + FromStr> UserId for T {
    fn to_subject(&self) -> String {
        self.to_string()
    }

    fn from_subject(subject: &str) -> Option<Self> {
        subject.parse().ok()
    }
}

/// A type that can be a field marked `#[jwt_user(claim)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a claim",
    label = "this type does not have both `Serialize` and `Deserialize`",
    note = "for local types add `#[derive(Serialize, Deserialize)]` of serde"
)]
pub trait ClaimValue: Sized {
    /// The derive calls this for each claim field when a token is issued.
    #[doc(hidden)]
    fn write_claim(&self, name: &str, claims: &mut ClaimWriter<'_>);

    /// The derive calls this for each claim field when a user is rebuilt from a token.
    #[doc(hidden)]
    fn read_claim(token: &Token, name: &str) -> Result<Self, ClaimError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> ClaimValue for T {
    fn write_claim(&self, name: &str, claims: &mut ClaimWriter<'_>) {
        claims.typed(name, self);
    }

    fn read_claim(token: &Token, name: &str) -> Result<Self, ClaimError> {
        token.claim(name)
    }
}
