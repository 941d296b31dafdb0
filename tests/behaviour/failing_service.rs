//! A service with a store or a look-up that fails on demand, and helpers to inspect what an effect has done.

use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use jwt_auth::{
    AuthBackend, AuthSession, Backend, Builder, JwtUser, Login, MemoryStore, NotAllowed, Parts, Protected,
    RefreshTokens, Token, auth_backend, rejection::BoxError, session::RefreshError, store::Store,
};
use jwt_auth_tests::{Answer, call};

use crate::fixture::{bearer, request, settings};
use jwt_auth_tests::around::{Around, fail, go_on};

/// Fails one call, counted over all methods, before it reaches the inner store.
pub(crate) struct FailsAt {
    pub(crate) store: Around,
    calls: Arc<AtomicUsize>,
}

impl FailsAt {
    /// The first call is 1.
    pub(crate) fn call(failing_call: usize, store: &Arc<MemoryStore>) -> Self {
        let calls = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&calls);
        let fails = move |_| {
            let call = counted.fetch_add(1, Ordering::SeqCst) + 1;
            if call == failing_call { fail() } else { go_on() }
        };
        Self { store: Around::before(store, fails), calls }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// A user of which the token contains only the id.
#[derive(Clone, Debug, JwtUser)]
pub(crate) struct Member {
    #[jwt_user(id)]
    pub(crate) id: String,
    #[jwt_user(claim)]
    pub(crate) name: String,
}

/// The behaviour of the look-up of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LookUp {
    #[default]
    Finds,
    FindsNobody,
    /// The id has a control character, which no token carries.
    FindsAnIdOfControlCharacters,
    /// The name is so long that the token is longer than a cookie can be.
    FindsALongName,
    Refuses,
    Fails,
    Panics,
}

/// The members, which every clone shares.
#[derive(Clone, Default)]
pub(crate) struct Members(Arc<Mutex<LookUp>>);

impl Members {
    pub(crate) fn set(&self, look_up: LookUp) {
        *self.0.lock().unwrap() = look_up;
    }

    pub(crate) fn find(&self) -> Result<Option<Member>, BoxError> {
        let member = |id: &str, name: String| Ok(Some(Member { id: id.to_owned(), name }));
        let look_up = *self.0.lock().unwrap();
        match look_up {
            LookUp::Finds => member("m-7", "alice".to_owned()),
            LookUp::FindsNobody => Ok(None),
            LookUp::FindsAnIdOfControlCharacters => member("m\u{1}7", "alice".to_owned()),
            LookUp::FindsALongName => member("m-7", "x".repeat(3_500)),
            LookUp::Refuses => Err(NotAllowed::because("banned").into()),
            LookUp::Fails => Err("the database is gone".into()),
            LookUp::Panics => panic!("a bug of the application"),
        }
    }
}

/// A backend that looks its users up among [`Members`].
pub(crate) trait HasMembers: AuthBackend<User = Member> {
    fn members(&self) -> &Members;
}

#[auth_backend(kind = "cookie", user = Member, retrieve_user = in_web, refresh_url = "/refresh", exclude = ["/open/{*rest}"])]
pub(crate) struct Web(pub(crate) Members);

#[auth_backend(
    kind = "oauth2",
    user = Member,
    retrieve_user = in_api,
    authenticate = check,
    token_url = "/token",
    revoke_url = "/revoke",
    exclude = ["/open/{*rest}"],
)]
pub(crate) struct Api(pub(crate) Members);

fn in_web(web: &Web, _: &Token, _: &Parts) -> Result<Option<Member>, BoxError> {
    web.0.find()
}

async fn in_api(api: &Api, _: &Token, _: &Parts) -> Result<Option<Member>, BoxError> {
    api.0.find()
}

fn check(api: &Api, _: &str, password: &str, _: &Parts) -> Result<Option<Member>, BoxError> {
    if password == "wonderland" { api.0.find() } else { Ok(None) }
}

impl HasMembers for Web {
    fn members(&self) -> &Members {
        &self.0
    }
}

impl HasMembers for Api {
    fn members(&self) -> &Members {
        &self.0
    }
}

/// The settings of both backends.
pub(crate) fn build<A: HasMembers>(builder: Builder<A>, store: impl Store) -> Backend<A> {
    settings(builder).store(store).refresh_tokens(RefreshTokens::new()).build().unwrap()
}

async fn renewed<A: AuthBackend>(auth: Backend<A>, parts: Parts) -> Result<Login, RefreshError> {
    let token = parts.headers.get("x-refresh-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
    auth.refresh(token, None, None, &parts).await?.await
}

/// One guarded and one open route for each effect.
pub(crate) fn app<A: HasMembers>(auth: &Backend<A>) -> Protected {
    let member = |session: &AuthSession<A>| session.config().members().find().unwrap().unwrap();
    let sign_in = move |session: AuthSession<A>| async move { session.login(&member(&session)).await };
    let begin =
        move |session: AuthSession<A>| async move { session.login(&member(&session)).with_refresh_token().await };
    let effects = Router::new()
        .route("/sign-in", post(sign_in))
        .route("/begin", post(begin))
        .route("/sign-out", post(|session: AuthSession<A>| async move { session.logout().await }))
        .route("/renew", post(renewed::<A>))
        .route("/revoke-user", post(|auth: Backend<A>| async move { auth.revoke_user(&"m-7".to_owned()).await }));
    let router = Router::new().route("/me", get(|_: Member| async {})).merge(effects.clone()).nest("/open", effects);
    auth.protect(router).unwrap()
}

/// A session that has begun.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Begun {
    /// The tokens of an answer, from its cookies or its body.
    pub(crate) fn of(answer: &Answer) -> Self {
        let cookie = |name: &str| {
            let mut lines = answer.headers.iter().filter(|(header, _)| header == "set-cookie");
            lines.find_map(|(_, line)| line.strip_prefix(name)?.split(';').next().map(str::to_owned))
        };
        let json = |name: &str| answer.json()[name].as_str().map(str::to_owned);
        let access = json("access_token").or_else(|| cookie("__Host-token="));
        let refresh = json("refresh_token").or_else(|| cookie("__Secure-token-refresh="));
        Self { access: access.expect("an access token"), refresh: refresh.expect("a refresh token") }
    }

    pub(crate) fn access_cookie(&self) -> (&'static str, String) {
        ("cookie", format!("__Host-token={}", self.access))
    }

    pub(crate) fn refresh_cookie(&self) -> (&'static str, String) {
        ("cookie", format!("__Secure-token-refresh={}", self.refresh))
    }

    pub(crate) fn header(&self) -> (&'static str, String) {
        ("authorization", bearer(&self.access))
    }

    pub(crate) fn refresh_header(&self) -> (&'static str, String) {
        ("x-refresh-token", self.refresh.clone())
    }
}

/// A request that a page of the service sends.
pub(crate) fn from_own_page(path: &str, headers: &[(&str, String)]) -> http::Request<Body> {
    let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let headers: Vec<_> = headers.chain([("sec-fetch-site", "same-origin")]).collect();
    request("POST", path, &headers)
}

pub(crate) fn form(path: &str, form: impl Display) -> http::Request<Body> {
    let mut request = request("POST", path, &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = form.to_string().into();
    request
}

pub(crate) async fn begin(app: &Protected) -> Begun {
    Begun::of(&call(app, from_own_page("/open/begin", &[])).await)
}

/// Whether an answer contains no token and sets no cookie.
pub(crate) fn gives_nothing(answer: &Answer) -> bool {
    let has = |name: &str| answer.header(name).is_some();
    let json = answer.json();
    let in_body = ["access_token", "refresh_token", "token"].iter().any(|name| !json[*name].is_null());
    !(has("set-cookie") || has("authorization") || in_body)
}

/// Whether a session can be continued, which uses its refresh token.
pub(crate) async fn is_renewed<A: AuthBackend>(auth: &Backend<A>, refresh: &str) -> bool {
    let parts = request("POST", "/", &[]).into_parts().0;
    match auth.refresh(refresh, None, None, &parts).await {
        Ok(renewal) => renewal.await.is_ok(),
        Err(_) => false,
    }
}
