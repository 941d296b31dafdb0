//! A store that fails at any call: the answer is an error, and nothing has changed.

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use jwt_auth::{Builder, MemoryStore};
use jwt_auth_tests::{Answer, call};

use crate::failing_service::{
    Api, Begun, FailsAt, HasMembers, LookUp, Members, Web, app, begin, build, form, from_own_page, gives_nothing,
    is_renewed,
};
use jwt_auth_tests::around::{Around, go_on};

/// One effect.
#[derive(Clone, Copy)]
struct Effect {
    name: &'static str,
    /// Makes the request from a live session.
    request: fn(&Begun) -> Request<Body>,
    /// How many calls of the store it needs.
    calls: usize,
    /// The status of the answer if no call fails.
    status: u16,
    look_up: LookUp,
    /// Whether the refresh token that the request presents was used before.
    reuses: bool,
    /// The first call of which a failure changes nothing for the client, because the new token is already in the store.
    forgiven_from: usize,
}

const fn effect(name: &'static str, calls: usize, status: u16, request: fn(&Begun) -> Request<Body>) -> Effect {
    Effect { name, request, calls, status, look_up: LookUp::Finds, reuses: false, forgiven_from: usize::MAX }
}

const fn reuse(effect: Effect) -> Effect {
    Effect { reuses: true, ..effect }
}

/// The last two of five calls record that the request is about to be answered.
const fn refresh(name: &'static str, status: u16, request: fn(&Begun) -> Request<Body>) -> Effect {
    Effect { forgiven_from: 4, ..effect(name, 5, status, request) }
}

const fn of_nobody(effect: Effect) -> Effect {
    Effect { look_up: LookUp::FindsNobody, ..effect }
}

/// 503 with `Retry-After`, as RFC 6749 or RFC 9457 writes it.
fn is_unavailable(answer: &Answer) -> bool {
    let json = answer.json();
    let says_so = json["error"] == "temporarily_unavailable" || json["status"] == 503;
    answer.status == 503 && answer.header("retry-after") == Some("1") && says_so && gives_nothing(answer)
}

/// Fails the first call, then the second and so on, each time in a new service, until the effect succeeds.
async fn fail_every_call<A: HasMembers>(backend: fn(Members) -> Builder<A>, effect: &Effect) {
    let name = effect.name;
    for failing_call in 1.. {
        let (store, members) = (Arc::new(MemoryStore::new()), Members::default());
        // The session that begins below belongs to the only user, so this sees every document.
        let watched = Around::before(&store, |_| go_on());
        let sound = build(backend(members.clone()), watched.clone());
        let fails_at = FailsAt::call(failing_call, &store);
        let failing = app(&build(backend(members.clone()), fails_at.store.clone()));
        let first = begin(&app(&sound)).await;
        let (presented, live) = if effect.reuses {
            let parts = http::Request::new(()).into_parts().0;
            let login = sound.refresh(&first.refresh, None, None, &parts).await.unwrap().await.unwrap();
            let live = Begun { access: login.token().to_owned(), refresh: login.refresh_token().unwrap().to_owned() };
            (first, live)
        } else {
            (first.clone(), first)
        };
        members.set(effect.look_up);
        let before = watched.documents().await;
        let answer = call(&failing, (effect.request)(&presented)).await;
        members.set(LookUp::Finds);
        if fails_at.calls() < failing_call {
            assert_eq!((answer.status, fails_at.calls()), (effect.status, effect.calls), "{name}: {answer:?}");
            return;
        }
        if failing_call >= effect.forgiven_from {
            assert_eq!(answer.status, effect.status, "{name}, call {failing_call}: {answer:?}");
            assert!(is_renewed(&sound, &Begun::of(&answer).refresh).await, "{name}, call {failing_call}");
            continue;
        }
        assert!(is_unavailable(&answer), "{name}, call {failing_call}: {answer:?}");
        // Compares the whole content of the store: no session has begun or ended, and no refresh token was used.
        assert_eq!(watched.documents().await, before, "{name}, call {failing_call}");
        for token in [&presented.access, &live.access] {
            assert!(sound.verify(token).await.is_ok(), "{name}, call {failing_call}");
        }
        assert!(is_renewed(&sound, &live.refresh).await, "{name}, call {failing_call}");
    }
}

fn web(members: Members) -> Builder<Web> {
    Web(members).backend()
}

fn api(members: Members) -> Builder<Api> {
    Api(members).backend()
}

// ONE-06, REV-04. The clock stands still, so nothing is retried in the background.
#[tokio::test(start_paused = true)]
async fn the_effects_of_a_browser_happen_wholly_or_not_at_all() {
    for effect in [
        effect("a sign-in", 1, 200, |_| from_own_page("/open/sign-in", &[])),
        effect("a sign-in that replaces", 3, 200, |old| from_own_page("/open/sign-in", &[old.access_cookie()])),
        effect("a guarded sign-in that replaces", 4, 200, |old| from_own_page("/sign-in", &[old.access_cookie()])),
        effect("a session", 2, 200, |_| from_own_page("/open/begin", &[])),
        effect("a session that replaces", 2, 200, |old| from_own_page("/open/begin", &[old.access_cookie()])),
        effect("a guarded session that replaces", 3, 200, |old| from_own_page("/begin", &[old.access_cookie()])),
        refresh("a refresh", 200, |old| from_own_page("/open/renew", &[old.refresh_header()])),
        refresh("a refresh by cookie", 204, |old| from_own_page("/refresh", &[old.refresh_cookie()])),
        reuse(effect("a reuse by cookie", 3, 401, |old| from_own_page("/refresh", &[old.refresh_cookie()]))),
        of_nobody(effect("a refresh for nobody", 3, 401, |old| from_own_page("/refresh", &[old.refresh_cookie()]))),
        effect("a sign-out", 3, 204, |old| from_own_page("/sign-out", &[old.access_cookie()])),
        effect("an open sign-out", 2, 204, |old| from_own_page("/open/sign-out", &[old.access_cookie()])),
        effect("a sign-out everywhere", 2, 200, |_| from_own_page("/open/revoke-user", &[])),
    ] {
        fail_every_call(web, &effect).await;
    }
}

// ONE-06, REV-01, REV-04, REF-02. The clock stands still, so nothing is retried in the background.
#[tokio::test(start_paused = true)]
async fn the_effects_of_a_client_happen_wholly_or_not_at_all() {
    let at_endpoint: fn(&Begun) -> Request<Body> =
        |old| form("/token", format_args!("grant_type=refresh_token&refresh_token={}", old.refresh));
    for effect in [
        effect("a session", 2, 200, |_| from_own_page("/open/begin", &[])),
        effect("a session beside a header", 2, 200, |old| from_own_page("/open/begin", &[old.header()])),
        effect("a session that replaces a cookie", 2, 200, |old| from_own_page("/open/begin", &[old.access_cookie()])),
        effect("a password", 2, 200, |_| form("/token", "grant_type=password&username=alice&password=wonderland")),
        refresh("a refresh", 200, |old| from_own_page("/open/renew", &[old.refresh_header()])),
        reuse(effect("a reuse", 3, 400, |old| from_own_page("/open/renew", &[old.refresh_header()]))),
        of_nobody(effect("a refresh for nobody", 3, 400, |old| from_own_page("/open/renew", &[old.refresh_header()]))),
        refresh("a refresh at the token endpoint", 200, at_endpoint),
        reuse(effect("a reuse at the token endpoint", 3, 400, at_endpoint)),
        of_nobody(effect("a refresh for nobody at the token endpoint", 3, 400, at_endpoint)),
        effect("a sign-out", 3, 204, |old| from_own_page("/sign-out", &[old.header()])),
        effect("an open sign-out", 2, 204, |old| from_own_page("/open/sign-out", &[old.header()])),
        effect("the revocation of an access token", 2, 200, |old| {
            form("/revoke", format_args!("token={}", old.access))
        }),
        effect("the revocation of a refresh token", 3, 200, |old| {
            form("/revoke", format_args!("token={}", old.refresh))
        }),
        effect("a sign-out everywhere", 2, 200, |_| from_own_page("/open/revoke-user", &[])),
    ] {
        fail_every_call(api, &effect).await;
    }
}

/// Ways to use a refresh token, or to sign in with a session that is replaced.
type Ways = [(&'static str, fn(&Begun) -> Request<Body>)];

/// A request changes nothing if the look-up fails or panics, or if the user that it finds cannot be put into a token. The same
/// request succeeds once the look-up works.
async fn nothing_is_lost<A: HasMembers>(backend: fn(Members) -> Builder<A>, look_ups: &[LookUp], ways: &Ways) {
    for look_up in look_ups {
        for (name, request) in ways {
            let (store, members) = (Around::before(&Arc::default(), |_| go_on()), Members::default());
            let auth = build(backend(members.clone()), store.clone());
            let app = app(&auth);
            let old = begin(&app).await;
            let before = store.documents().await;
            members.set(*look_up);
            let answer = call(&app, request(&old)).await;
            members.set(LookUp::Finds);
            // The error of RFC 6749 section 5.2. The path that renews cookies answers like the guard instead.
            let json = answer.json();
            let says_so = json["error"] == "server_error" || (*name == "/refresh" && json["status"] == 500);
            assert!(answer.status == 500 && says_so && gives_nothing(&answer), "{name}, {look_up:?}: {answer:?}");
            assert!(answer.header("content-type").unwrap().contains("json"), "{name}, {look_up:?}");
            assert_eq!(store.documents().await, before, "{name}, {look_up:?}");
            assert!(auth.verify(&old.access).await.is_ok(), "{name}, {look_up:?}");
            let again = call(&app, request(&old)).await;
            assert!(matches!(again.status, 200 | 204), "{name}, {look_up:?}: {again:?}");
        }
    }
}

const UNSIGNED: [LookUp; 2] = [LookUp::FindsAnIdOfControlCharacters, LookUp::FindsALongName];
const UNKNOWN: [LookUp; 2] = [LookUp::Fails, LookUp::Panics];

// ONE-06
#[tokio::test]
async fn a_refresh_that_cannot_be_signed_or_looked_up_leaves_its_token_unused() {
    let by_cookie: &Ways = &[
        ("/open/renew", |old| from_own_page("/open/renew", &[old.refresh_header()])),
        ("/refresh", |old| from_own_page("/refresh", &[old.refresh_cookie()])),
    ];
    let by_body: &Ways = &[
        ("/open/renew", |old| from_own_page("/open/renew", &[old.refresh_header()])),
        ("/token", |old| form("/token", format_args!("grant_type=refresh_token&refresh_token={}", old.refresh))),
    ];
    for look_ups in [UNSIGNED, UNKNOWN] {
        nothing_is_lost(web, &look_ups, by_cookie).await;
        nothing_is_lost(api, &look_ups, by_body).await;
    }
}

// ONE-06
#[tokio::test]
async fn a_sign_in_that_cannot_be_signed_begins_and_ends_nothing() {
    let ways: &Ways = &[
        ("/open/sign-in", |old| from_own_page("/open/sign-in", &[old.access_cookie()])),
        ("/open/begin", |old| from_own_page("/open/begin", &[old.access_cookie()])),
    ];
    let password: &Ways = &[("/token", |_| form("/token", "grant_type=password&username=alice&password=wonderland"))];
    nothing_is_lost(web, &UNSIGNED, ways).await;
    nothing_is_lost(api, &UNSIGNED, ways).await;
    nothing_is_lost(api, &UNSIGNED, password).await;
    nothing_is_lost(api, &UNKNOWN, password).await;
}
