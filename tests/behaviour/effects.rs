//! Every effect gives the same answer and leaves the store the same, wherever the handler's backend comes from and
//! whatever a middleware does to the response. Only the origin of the request makes a difference.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use jwt_auth::{
    AuthBackend, AuthSession, Backend, MemoryStore, Parts, Protected, RefreshTokens, Token, auth_backend,
    session::RefreshError,
};
use jwt_auth_tests::{Answer, call};
use tokio::task::JoinSet;

use crate::fixture::{User, alice, bearer, request, settings};

#[auth_backend(kind = "bearer", user = User, exclude = ["/open/{effect}"])]
struct Bearer;

#[auth_backend(kind = "cookie", user = User, refresh_url = "/refresh", exclude = ["/open/{effect}"])]
struct Cookie;

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/open/{effect}"])]
struct OAuth2;

/// How the request presents its access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Header,
    Cookie,
}

/// Where the handler's backend comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    Extractor,
    State,
    Extension,
    Capture,
}

const SOURCES: [Source; 4] = [Source::Extractor, Source::State, Source::Extension, Source::Capture];

/// The effects. The last segment of the path names one.
const EFFECTS: [&str; 6] = ["sign-in", "begin", "sign-out", "refresh", "revoke", "revoke-user"];

/// One cell of the matrix, without the properties that must make no difference.
#[derive(Clone, Copy, Debug)]
struct Cell {
    kind: &'static str,
    carrier: Carrier,
    is_guarded: bool,
    effect: &'static str,
    is_cross_site: bool,
}

/// Performs the effect that the path names. `begin` is a sign-in with a refresh token.
async fn act<A: AuthBackend<User = User>>(backend: Backend<A>, mut parts: Parts) -> Result<Response, Response> {
    let effect = parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    if let "sign-in" | "begin" | "sign-out" = effect.as_str() {
        let session = AuthSession::<A>::from_request_parts(&mut parts, &());
        let session = session.await.map_err(IntoResponse::into_response)?;
        assert!(std::ptr::eq(session.config(), backend.config()), "one backend, however the handler got it");
        return match effect.as_str() {
            "sign-in" => Ok(session.login(&alice()).await.into_response()),
            "begin" => Ok(session.login(&alice()).with_refresh_token().await.into_response()),
            _ => Ok(session.logout().await.into_response()),
        };
    }
    Ok(match effect.as_str() {
        "refresh" => renewed(&backend, &parts).await.into_response(),
        "revoke" => {
            let token = Token::from_request_parts(&mut parts, &()).await.map_err(IntoResponse::into_response)?;
            backend.revoke(&token).await.into_response()
        }
        _ => backend.revoke_user(&7).await.into_response(),
    })
}

async fn renewed<A: AuthBackend>(backend: &Backend<A>, parts: &Parts) -> Result<impl IntoResponse, RefreshError> {
    let token = parts.headers.get("x-refresh-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
    backend.refresh(token, None, None, parts).await?.await
}

/// Keeps the status, the headers and the body of the response, but drops its extensions.
async fn rebuild(request: Request, next: Next) -> Response {
    let (head, body) = next.run(request).await.into_parts();
    let mut rebuilt = Response::new(body);
    *rebuilt.status_mut() = head.status;
    *rebuilt.headers_mut() = head.headers;
    rebuilt
}

async fn keep(request: Request, next: Next) -> Response {
    next.run(request).await
}

fn app<A: AuthBackend<User = User>>(auth: &Backend<A>, source: Source, rebuilds: bool) -> Protected {
    let captured = auth.clone();
    let handler = match source {
        Source::Extractor => post(|backend: Backend<A>, parts: Parts| act(backend, parts)),
        Source::State => post(|State(backend): State<Backend<A>>, parts: Parts| act(backend, parts)),
        Source::Extension => post(|Extension(backend): Extension<Backend<A>>, parts: Parts| act(backend, parts)),
        Source::Capture => post(move |parts: Parts| act(captured.clone(), parts)),
    };
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/in/{effect}", handler.clone())
        .route("/open/{effect}", handler)
        .layer(Extension(auth.clone()))
        .with_state(auth.clone());
    let router = if rebuilds { router.layer(from_fn(rebuild)) } else { router.layer(from_fn(keep)) };
    auth.protect(router).unwrap()
}

/// The tokens of an answer.
#[derive(Clone, Debug, Default)]
struct Tokens {
    access: Option<String>,
    refresh: Option<String>,
}

fn tokens(answer: &Answer) -> Tokens {
    let cookie = |name: &str| {
        let mut lines = answer.headers.iter().filter(|(header, _)| header == "set-cookie");
        let line = lines.find_map(|(_, line)| line.strip_prefix(name)?.strip_prefix('='))?;
        line.split(';').next().filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let json = |name: &str| answer.json()[name].as_str().map(str::to_owned);
    let header = || answer.header("authorization")?.strip_prefix("Bearer ").map(str::to_owned);
    Tokens {
        access: header().or_else(|| cookie("__Host-token")),
        refresh: cookie("__Secure-token-refresh").or_else(|| json("refresh_token")),
    }
}

/// An answer without its random parts and its times.
fn masked(mut answer: Answer) -> Answer {
    let mask = |text: &str| {
        let is_of_token = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        let mut masked = String::new();
        for word in text.split_inclusive(|character| !is_of_token(character)) {
            let length = word.trim_end_matches(|character| !is_of_token(character)).len();
            masked.push_str(if length >= 40 { &word[length..] } else { word });
        }
        match masked.split_once("Expires=") {
            Some((before, after)) => format!("{before}{}", after.split_once(';').map_or("", |(_, rest)| rest)),
            None => masked,
        }
    };
    answer.headers.iter_mut().for_each(|(_, value)| *value = mask(value));
    answer.body = mask(&answer.body);
    answer
}

/// Which tokens of each session the service still accepts; `None` if the session has no such token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Accepted {
    access: Option<bool>,
    refresh: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    answer: Answer,
    /// The session that the request presented.
    own: Accepted,
    /// Another session of the same user.
    second: Accepted,
    /// Another user's session.
    other: Accepted,
    /// The tokens that the answer gave.
    given: Accepted,
}

const OWN_PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn accepted<A: AuthBackend<User = User>>(auth: &Backend<A>, tokens: &Tokens) -> Accepted {
    let access = match &tokens.access {
        Some(token) => Some(auth.verify(token).await.is_ok()),
        None => None,
    };
    let parts = request("POST", "/", &[]).into_parts().0;
    let refresh = match &tokens.refresh {
        Some(token) => Some(match auth.refresh(token, None, None, &parts).await {
            Ok(renewal) => renewal.await.is_ok(),
            Err(_) => false,
        }),
        None => None,
    };
    Accepted { access, refresh }
}

async fn outcome<A: AuthBackend<User = User>>(auth: Backend<A>, cell: Cell, source: Source, rebuilds: bool) -> Outcome {
    let app = app(&auth, source, rebuilds);
    let begin = if cell.kind == "bearer" { "/open/sign-in" } else { "/open/begin" };
    let own = tokens(&call(&app, request("POST", begin, &[OWN_PAGE])).await);
    let second = tokens(&call(&app, request("POST", begin, &[OWN_PAGE])).await);
    let other = Tokens { access: Some(auth.create_token(&User { id: 8, ..alice() }).unwrap()), refresh: None };
    let access = own.access.clone().expect("a session to begin with");
    let credential = match cell.carrier {
        Carrier::Header => ("authorization", bearer(&access)),
        Carrier::Cookie => ("cookie", format!("__Host-token={access}")),
    };
    let site = if cell.is_cross_site { "cross-site" } else { "same-origin" };
    let refresh = own.refresh.clone().unwrap_or_default();
    let headers = [(credential.0, credential.1.as_str()), ("sec-fetch-site", site), ("x-refresh-token", &refresh)];
    let path = format!("/{}/{}", if cell.is_guarded { "in" } else { "open" }, cell.effect);
    let answer = call(&app, request("POST", &path, &headers)).await;
    let given = tokens(&answer);
    // Tests the new refresh token first, because testing the used one ends the session.
    Outcome {
        given: accepted(&auth, &given).await,
        own: accepted(&auth, &own).await,
        second: accepted(&auth, &second).await,
        other: accepted(&auth, &other).await,
        answer: masked(answer),
    }
}

fn backend<A: AuthBackend<User = User>>(builder: jwt_auth::Builder<A>, refreshes: bool) -> Backend<A> {
    let builder = settings(builder).store(Arc::new(MemoryStore::new()));
    let builder = if refreshes { builder.refresh_tokens(RefreshTokens::new()) } else { builder };
    builder.build().unwrap()
}

async fn run(cell: Cell, source: Source, rebuilds: bool) -> Outcome {
    match cell.kind {
        "bearer" => outcome(backend(Bearer.backend(), false), cell, source, rebuilds).await,
        "cookie" => outcome(backend(Cookie.backend(), true), cell, source, rebuilds).await,
        _ => outcome(backend(OAuth2.backend(), true), cell, source, rebuilds).await,
    }
}

fn cells() -> impl Iterator<Item = Cell> {
    let carriers = [
        ("bearer", Carrier::Header),
        ("cookie", Carrier::Cookie),
        ("oauth2", Carrier::Header),
        ("oauth2", Carrier::Cookie),
    ];
    carriers.into_iter().flat_map(|(kind, carrier)| {
        let of = move |is_guarded, is_cross_site| {
            EFFECTS.map(|effect| Cell { kind, carrier, is_guarded, effect, is_cross_site })
        };
        [of(false, false), of(false, true), of(true, false), of(true, true)].into_iter().flatten()
    })
}

/// The status, what the answer does with cookies, which sessions the effect ends, and whether the answer gives tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Expected {
    status: u16,
    cookies: &'static str,
    ends: &'static str,
    gives_tokens: bool,
}

const REFUSED: Expected = Expected { status: 403, cookies: "kept", ends: "nothing", gives_tokens: false };

fn expected(cell: Cell) -> Expected {
    let Cell { kind, carrier, is_guarded, effect, is_cross_site } = cell;
    let by_cookie = carrier == Carrier::Cookie;
    let has_cookie = kind != "bearer";
    // ONE-04: with the kind `cookie`, no page of another site can sign in or refresh. With any kind, a cookie that
    // such a page sends neither authenticates the request nor lets it end the session.
    let is_refused = match effect {
        "sign-in" | "begin" | "refresh" => kind == "cookie" || by_cookie && is_guarded,
        "sign-out" | "revoke" => by_cookie,
        // `revoke-user`: the handler itself names the user.
        _ => by_cookie && is_guarded,
    };
    if is_cross_site && is_refused {
        return REFUSED;
    }
    let sets = if has_cookie && !is_cross_site { "set" } else { "kept" };
    let removes = if has_cookie && !is_cross_site { "removed" } else { "kept" };
    let replaces = if by_cookie && !is_cross_site { "its own" } else { "nothing" };
    let done = Expected { status: 200, cookies: "kept", ends: "nothing", gives_tokens: false };
    match effect {
        "begin" if kind == "bearer" => Expected { status: 500, ..done },
        "refresh" if kind == "bearer" => Expected { status: 400, ..done },
        "sign-in" | "begin" => Expected { cookies: sets, ends: replaces, gives_tokens: true, ..done },
        "refresh" => Expected { cookies: sets, ends: "the used refresh token", gives_tokens: true, ..done },
        "sign-out" => Expected { status: 204, cookies: removes, ends: "its own", ..done },
        "revoke" => Expected { ends: "its own", ..done },
        _ => Expected { ends: "the user's", ..done },
    }
}

fn seen(outcome: &Outcome) -> Expected {
    let Outcome { answer, own, second, other, given } = outcome;
    let mut lines = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
    let cookies = match answer.header("set-cookie") {
        None => "kept",
        Some(_) if lines.all(|(_, line)| line.contains("Max-Age=0")) => "removed",
        Some(_) => "set",
    };
    let is_accepted = |accepted: &Accepted| (accepted.access == Some(true), accepted.refresh != Some(false));
    assert_eq!(other.access, Some(true), "{outcome:?}");
    let ends = match (is_accepted(own), is_accepted(second)) {
        ((true, true), (true, true)) => "nothing",
        // Testing whether the refresh token was used ends the session, so this test comes last.
        ((true, false), (true, true)) => "the used refresh token",
        ((false, _), (true, true)) if own.refresh != Some(true) => "its own",
        ((false, _), (false, _)) if own.refresh != Some(true) && second.refresh != Some(true) => "the user's",
        _ => "something else",
    };
    let gives_tokens = given.access == Some(true) && given.refresh != Some(false);
    assert!(gives_tokens || given.access.is_none() && given.refresh.is_none(), "{outcome:?}");
    Expected { status: answer.status, cookies, ends, gives_tokens }
}

// ONE-03, ONE-04, ONE-05
#[tokio::test]
async fn an_effect_depends_on_the_request_and_not_on_layers_or_extractors() {
    let mut running = JoinSet::new();
    for cell in cells() {
        running.spawn(async move {
            let first = run(cell, Source::Extractor, false).await;
            assert_eq!(seen(&first), expected(cell), "{cell:?}: {first:?}");
            // Runs all of them at the same time, because a sign-out everywhere waits for the next second.
            let mut others = JoinSet::new();
            for source in SOURCES {
                for rebuilds in [false, true] {
                    others.spawn(async move { (source, rebuilds, run(cell, source, rebuilds).await) });
                }
            }
            for (source, rebuilds, outcome) in others.join_all().await {
                assert_eq!(outcome, first, "{cell:?} by {source:?}, rebuilt: {rebuilds}");
            }
        });
    }
    let mut count = 0;
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
        count += 1;
    }
    assert_eq!(count, 96, "4 ways of presenting a token, 6 effects, from here and elsewhere, guarded and open");
}
