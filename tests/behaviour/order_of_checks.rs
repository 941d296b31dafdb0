//! The order of the checks: no callback of the application runs before the checks that come first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use jwt_auth::{Backend, JwtUser, Keys, Parts, Protected, Token, auth_backend};
use jwt_auth_tests::call;

use crate::fixture::{Hits, ISSUER, NOW, bearer, ready, request, settings};

#[derive(Clone, JwtUser)]
struct Member {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(kind = "bearer", user = Member, retrieve_user = find, revoked = is_revoked)]
#[derive(Clone, Default)]
struct Counting {
    lookups: Arc<AtomicUsize>,
    checks: Arc<AtomicUsize>,
}

fn find(auth: &Counting, token: &Token, _: &Parts) -> Option<Member> {
    auth.lookups.fetch_add(1, Ordering::SeqCst);
    assert_ne!(token.subject(), "panic in the look-up");
    Some(Member { id: token.subject().to_owned() })
}

fn is_revoked(auth: &Counting, token: &Token) -> bool {
    auth.checks.fetch_add(1, Ordering::SeqCst);
    assert_ne!(token.subject(), "panic in the check");
    token.subject() == "revoked"
}

impl Counting {
    /// How often the revocation check and the look-up ran.
    fn calls(&self) -> (usize, usize) {
        (self.checks.load(Ordering::SeqCst), self.lookups.load(Ordering::SeqCst))
    }
}

fn protected(auth: &Backend<Counting>) -> (Protected, Hits) {
    let hits = Hits::default();
    let counter = hits.clone();
    let handler = move |_: Member| async move { counter.hit() };
    (auth.protect(Router::new().route("/me", get(handler))).unwrap(), hits)
}

fn token_of(auth: &Backend<Counting>, id: &str) -> String {
    bearer(&auth.create_token(&Member { id: id.into() }).unwrap())
}

// JWS-14
#[tokio::test]
async fn no_callback_sees_a_token_that_did_not_verify() {
    let auth = ready(Counting::default().backend());
    let (app, hits) = protected(&auth);
    let good = token_of(&auth, "good");
    let other = settings(Counting::default().backend()).keys(Keys::hs256_ephemeral().unwrap()).build().unwrap();
    let late = settings(Counting::default().backend()).clock(|| NOW - 7200).build().unwrap();
    let bad = [String::new(), "Basic x".into(), format!("{good}x"), token_of(&other, "good"), token_of(&late, "good")];
    for header in &bad {
        let answer = call(&app, request("GET", "/me", &[("authorization", header)])).await;
        assert!(matches!(answer.status, 400 | 401), "{header}: {}", answer.status);
    }
    assert_eq!((auth.config().calls(), hits.count()), ((0, 0), 0));
}

// JWS-14
#[tokio::test]
async fn a_revoked_token_is_not_looked_up() {
    let auth = ready(Counting::default().backend());
    let (app, hits) = protected(&auth);
    let header = token_of(&auth, "revoked");
    assert_eq!(call(&app, request("GET", "/me", &[("authorization", &header)])).await.status, 401);
    assert_eq!((auth.config().calls(), hits.count()), ((1, 0), 0));
}

// REL-05
#[tokio::test]
async fn one_request_is_checked_and_looked_up_once() {
    let auth = ready(Counting::default().backend());
    let (app, hits) = protected(&auth);
    let header = token_of(&auth, "good");
    assert_eq!(call(&app, request("GET", "/me", &[("authorization", &header)])).await.status, 200);
    assert_eq!((auth.config().calls(), hits.count()), ((1, 1), 1));
}

async fn panicking(id: &'static str) -> usize {
    let auth = ready(Counting::default().backend());
    let (app, hits) = protected(&auth);
    let header = token_of(&auth, id);
    let task = tokio::spawn(async move { call(&app, request("GET", "/me", &[("authorization", &header)])).await });
    // If the task panics, a server closes the connection, or a layer that catches panics answers 500.
    assert!(task.await.map_or(500, |answer| answer.status) == 500);
    hits.count()
}

// REL-02
#[tokio::test]
async fn a_revocation_check_that_panics_admits_nobody() {
    assert_eq!(panicking("panic in the check").await, 0);
}

// REL-02
#[tokio::test]
async fn a_lookup_that_panics_admits_nobody() {
    assert_eq!(panicking("panic in the look-up").await, 0);
}

// CLM-06
#[tokio::test]
async fn a_key_counts_for_its_own_issuer_only() {
    let auth = ready(Counting::default().backend());
    let (app, hits) = protected(&auth);
    let impostor = settings(Counting::default().backend())
        .keys(Keys::hs256_ephemeral().unwrap())
        .issuer("https://other.test")
        .audience(ISSUER)
        .build()
        .unwrap();
    let token = impostor.new_token(&Member { id: "good".into() });
    let own_name = token_of(&impostor, "good");
    let borrowed_name = bearer(&token.issuer(ISSUER).sign().unwrap());
    for header in [own_name, borrowed_name] {
        assert_eq!(call(&app, request("GET", "/me", &[("authorization", &header)])).await.status, 401);
    }
    assert_eq!(hits.count(), 0);
}

#[derive(Clone, JwtUser)]
struct Account<T: Clone + Send + Sync + 'static> {
    #[jwt_user(id)]
    id: u64,
    profile: T,
}

#[auth_backend(kind = "bearer", user = Account<Vec<String>>, retrieve_user = account)]
struct Generic;

async fn account(_: &Generic, token: &Token, _: &Parts) -> Option<Account<Vec<String>>> {
    let id = token.subject().parse().ok()?;
    Some(Account { id, profile: vec!["a".into(), "b".into()] })
}

fn generic(router: Router) -> (Protected, String) {
    let auth = ready(Generic.backend());
    let token = auth.create_token(&Account { id: 3, profile: Vec::new() }).unwrap();
    (auth.protect(router).unwrap(), bearer(&token))
}

// No id: REFERENCE.md, `request.user`.
#[tokio::test]
async fn a_generic_user_is_extracted_as_the_type_it_was_declared_with() {
    let handler = |user: Account<Vec<String>>| async move { format!("{} {}", user.id, user.profile.join("+")) };
    let (app, token) = generic(Router::new().route("/me", get(handler)));
    assert_eq!(call(&app, request("GET", "/me", &[("authorization", &token)])).await.body, "3 a+b");
}

// EXC-07
#[tokio::test]
async fn a_generic_user_of_another_argument_is_another_user() {
    let (app, token) = generic(Router::new().route("/me", get(|_: Account<u8>| async {})));
    assert_eq!(call(&app, request("GET", "/me", &[("authorization", &token)])).await.status, 500);
}
