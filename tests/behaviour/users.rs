//! From a token to a user, with every form of look-up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use jwt_auth::{Backend, JwtUser, Parts, Protected, Token, auth_backend};
use jwt_auth_tests::{Answer, call};

use crate::fixture::{self, Bearer, INVALID_TOKEN, PLAIN, bearer, ready, request};

/// A user of which the token contains only the id, not the `name`.
#[derive(Clone, Debug, JwtUser)]
struct Member {
    #[jwt_user(id)]
    id: u32,
    name: String,
}

/// The users that the look-up finds, and how often it ran.
#[derive(Clone, Default)]
struct Known(Arc<AtomicUsize>);

impl Known {
    fn find(&self, token: &Token) -> Result<Option<Member>, String> {
        self.0.fetch_add(1, Ordering::SeqCst);
        match token.subject() {
            "1" => Ok(Some(Member { id: 1, name: "one".into() })),
            "2" => Ok(None),
            _ => Err("the database is gone".into()),
        }
    }
}

macro_rules! backend {
    ($name:ident, $find:ident, $($form:tt)*) => {
        #[auth_backend(kind = "bearer", user = Member, retrieve_user = $find, exclude = ["/open", "/ask"])]
        #[derive(Default)]
        struct $name(Known);
        $($form)*
    };
}

backend!(
    SyncOption,
    sync_option,
    fn sync_option(auth: &SyncOption, token: &Token, _: &Parts) -> Option<Member> {
        auth.0.find(token).ok().flatten()
    }
);
backend!(
    SyncResult,
    sync_result,
    fn sync_result(auth: &SyncResult, token: &Token, _: &Parts) -> Result<Option<Member>, String> {
        auth.0.find(token)
    }
);
backend!(
    AsyncOption,
    async_option,
    async fn async_option(auth: &AsyncOption, token: &Token, _: &Parts) -> Option<Member> {
        tokio::task::yield_now().await;
        auth.0.find(token).ok().flatten()
    }
);
backend!(
    AsyncResult,
    async_result,
    async fn async_result(auth: &AsyncResult, token: &Token, request: &Parts) -> Result<Option<Member>, String> {
        tokio::task::yield_now().await;
        if request.headers.contains_key("x-fail") { Err("asked to".into()) } else { auth.0.find(token) }
    }
);

fn app<A: jwt_auth::AuthBackend>(auth: &Backend<A>) -> Protected {
    let router =
        Router::new()
            .route("/me", get(|user: Member| async move { user.name }))
            .route(
                "/twice",
                get(|user: Member, token: Token, again: Option<Member>| async move {
                    format!("{} {} {}", user.name, token.subject(), again.is_some())
                }),
            )
            .route("/open", get(|user: Option<Member>| async move { user.map_or("nobody".into(), |user| user.name) }))
            .route(
                "/ask",
                get(|_: Option<Member>, user: Member, token: Token| async move {
                    format!("{} {}", user.name, token.subject())
                }),
            );
    auth.protect(router).unwrap()
}

fn member(id: u32) -> Member {
    Member { id, name: String::new() }
}

async fn get_as<A: jwt_auth::AuthBackend<User = Member>>(auth: &Backend<A>, id: u32, path: &str) -> Answer {
    let token = bearer(&auth.create_token(&member(id)).unwrap());
    call(&app(auth), request("GET", path, &[("authorization", &token)])).await
}

macro_rules! each_form {
    ($($name:ident: $backend:ident => $failure:literal;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let auth = ready($backend::default().backend());
            let found = get_as(&auth, 1, "/me").await;
            assert_eq!((found.status, found.body.as_str()), (200, "one"));
            let unknown = get_as(&auth, 2, "/me").await;
            assert_eq!((unknown.status, unknown.header("www-authenticate")), (401, Some(INVALID_TOKEN)));
            assert_eq!(get_as(&auth, 3, "/me").await.status, $failure);
        })*
    };
}

each_form! {
    a_sync_option: SyncOption => 401;
    a_sync_result_that_fails_is_a_500: SyncResult => 500;
    an_async_option: AsyncOption => 401;
    an_async_result_that_fails_is_a_500: AsyncResult => 500;
}

#[tokio::test]
async fn the_lookup_sees_the_request() {
    let auth = ready(AsyncResult::default().backend());
    let token = bearer(&auth.create_token(&member(1)).unwrap());
    let failed = call(&app(&auth), request("GET", "/me", &[("authorization", &token), ("x-fail", "1")])).await;
    assert_eq!((failed.status, failed.header("www-authenticate")), (500, None));
    assert!(!failed.body.contains("asked to"), "the reason is for the log");
}

// REL-05
#[tokio::test]
async fn one_request_looks_the_user_up_once() {
    let known = Known::default();
    let auth = ready(SyncResult(known.clone()).backend());
    assert_eq!(get_as(&auth, 1, "/twice").await.body, "one 1 true");
    assert_eq!(known.0.load(Ordering::SeqCst), 1);
    assert_eq!(get_as(&auth, 1, "/ask").await.body, "one 1");
    assert_eq!(known.0.load(Ordering::SeqCst), 2, "also on an open route");
}

// EXC-08
#[tokio::test]
async fn an_open_route_distinguishes_an_absent_from_an_invalid_token() {
    let auth = ready(SyncResult::default().backend());
    assert_eq!(get_as(&auth, 1, "/open").await.body, "one");
    let absent = call(&app(&auth), request("GET", "/open", &[])).await;
    assert_eq!((absent.status, absent.body.as_str()), (200, "nobody"));
    let invalid = call(&app(&auth), request("GET", "/open", &[("authorization", "Bearer x")])).await;
    assert_eq!((invalid.status, invalid.header("www-authenticate")), (401, Some(INVALID_TOKEN)));
    assert_eq!(get_as(&auth, 2, "/open").await.status, 401, "an unknown user is no anonymous one");
    let other = call(&app(&auth), request("GET", "/open", &[("authorization", "Basic YTpi")])).await;
    assert_eq!(other.body, "nobody", "another scheme is no bearer credential");
}

// EXC-08
#[tokio::test]
async fn a_bad_token_does_not_break_a_page_that_does_not_ask() {
    let (app, _) = fixture::app(&ready(Bearer.backend()));
    let answer = call(&app, request("GET", "/open", &[("authorization", "Bearer x")])).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "open"));
}

// EXC-07
#[tokio::test]
async fn a_handler_that_needs_a_user_on_an_open_route_asks_for_one() {
    let auth = ready(SyncResult::default().backend());
    let absent = call(&app(&auth), request("GET", "/ask", &[])).await;
    assert_eq!((absent.status, absent.header("www-authenticate")), (401, Some(PLAIN)));
}

// EXC-07
#[tokio::test]
async fn a_forgotten_guard_is_a_500_for_every_extractor() {
    let router = Router::new()
        .route("/user", get(|_: Member| async {}))
        .route("/option", get(|_: Option<Member>| async {}))
        .route("/token", get(|_: Token| async {}))
        .route("/backend", get(|_: Backend<SyncOption>| async {}));
    for path in ["/user", "/option", "/token", "/backend"] {
        assert_eq!(call(&router, request("GET", path, &[])).await.status, 500, "{path}");
    }
}

// EXC-07
#[tokio::test]
async fn the_guard_of_another_backend_does_not_count() {
    let auth = ready(Bearer.backend());
    let router =
        Router::new().route("/me", get(|_: Member| async {})).route("/open", get(|_: Backend<SyncOption>| async {}));
    let app = auth.protect(router).unwrap();
    let token = bearer(&fixture::token(&auth));
    assert_eq!(call(&app, request("GET", "/me", &[("authorization", &token)])).await.status, 500);
    assert_eq!(call(&app, request("GET", "/open", &[])).await.status, 500);
}

#[tokio::test]
async fn a_stateless_user_is_rebuilt_or_refused() {
    let auth = ready(Bearer.backend());
    let router =
        Router::new().route("/me", get(|user: fixture::User| async move { format!("{} {}", user.id, user.name) }));
    let app = auth.protect(router).unwrap();
    let get = async |token: String| call(&app, request("GET", "/me", &[("authorization", &bearer(&token))])).await;
    assert_eq!(get(fixture::token(&auth)).await.body, "7 alice");

    // A token of the same key for another kind of user: it has no name, and its id is not a number.
    let other = ready(Other.backend());
    let refused = get(other.create_token(&OtherUser { id: "x".into() }).unwrap()).await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some(INVALID_TOKEN)));
    assert_eq!(get(other.create_token(&OtherUser { id: "7".into() }).unwrap()).await.status, 401);
}

#[derive(Clone, JwtUser)]
struct OtherUser {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(kind = "bearer", user = OtherUser)]
struct Other;

#[auth_backend(kind = "bearer", user = OtherUser, revoked = is_revoked)]
struct Revoking;

async fn is_revoked(_: &Revoking, token: &Token) -> Result<bool, String> {
    match token.subject() {
        "good" => Ok(false),
        "revoked" => Ok(true),
        _ => Err("the store is gone".into()),
    }
}

// REV-04
#[tokio::test]
async fn a_revoked_token_is_refused_and_a_check_that_fails_denies() {
    let auth = ready(Revoking.backend());
    let app = auth.protect(Router::new().route("/me", get(|_: OtherUser| async {}))).unwrap();
    let get = async |id: &str| {
        let token = bearer(&auth.create_token(&OtherUser { id: id.into() }).unwrap());
        call(&app, request("GET", "/me", &[("authorization", &token)])).await
    };
    assert_eq!(get("good").await.status, 200);
    let revoked = get("revoked").await;
    assert_eq!((revoked.status, revoked.header("www-authenticate")), (401, Some(INVALID_TOKEN)));
    let failed = get("other").await;
    assert_eq!(
        (failed.status, failed.header("retry-after"), failed.header("www-authenticate")),
        (503, Some("1"), None)
    );
}
