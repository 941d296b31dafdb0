//! Functions that many people try to call, but that cannot work. A call does not compile, because no type implements the trait
//! in the function's bound. The compiler then prints the message of that trait, which says what to write.

use axum::Router;

use crate::backend::Backend;
use crate::backend::VerifyOnly;
use crate::config::builder::Builder;
use crate::hooks::AuthBackend;
use crate::session::auth_session::AuthSession;
use crate::session::login_builder::LoginBuilder;
use crate::web::protect::Protectable;
use crate::web::protect_error::ProtectError;
use crate::web::protected::Protected;

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`protect` is a method of the built backend, and this is still the builder",
    label = "`build()` is missing before `protect`",
    note = "write `let auth = builder.build()?;`, then `auth.protect(router)?`"
)]
pub trait IsBuilt {
    fn never<T>(&self) -> T;
}

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this backend issues no tokens, so it cannot sign anybody in",
    label = "`verify_only()` makes a backend that only verifies the tokens of others",
    note = "to sign users in, build the backend with `.keys(...)` and without `.verify_only()`"
)]
pub trait IssuesTokens {
    fn never<T>(&self) -> T;
}

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a `Backend` cannot sign anybody in, since a sign-in needs the request",
    label = "`login` is a method of `AuthSession`",
    note = "take `session: AuthSession<Auth>` as an argument of the handler, and write `session.login(&user).await`",
    note = "for a token without a request write `backend.create_token(&user)`"
)]
pub trait HasRequest {
    fn never<T>(&self) -> T;
}

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a protected router cannot be merged into another router, which would let routes escape the guard",
    label = "this router is protected already",
    note = "for public routes beside it write `Router::new().merge(public).fallback_service(app)`",
    note = "to guard more routes merge their routers first, and call `protect` on the result"
)]
pub trait TakesProtectedRoutes {
    fn never<T>() -> T;
}

/// For `Router::merge`, which accepts every type that converts into a `Router`.
impl<S: TakesProtectedRoutes> From<Protected> for Router<S> {
    fn from(_: Protected) -> Self {
        S::never()
    }
}

impl<A: AuthBackend, M> Builder<A, M> {
    #[doc(hidden)]
    pub fn protect<R: Protectable>(&self, _: R) -> Result<R::Protected, ProtectError>
    where
        Self: IsBuilt,
    {
        self.never()
    }
}

impl<A: AuthBackend> AuthSession<A, VerifyOnly> {
    #[doc(hidden)]
    pub fn login(&self, _: &A::User) -> LoginBuilder<A>
    where
        Self: IssuesTokens,
    {
        self.never()
    }
}

impl<A: AuthBackend, M> Backend<A, M> {
    #[doc(hidden)]
    pub fn login(&self, _: &A::User) -> LoginBuilder<A>
    where
        Self: HasRequest,
    {
        self.never()
    }
}
