//! Does the time of a refused login reveal whether the name exists (TOK-08)? With the users of the example `oauth2`.

use std::time::Instant;

use axum::Router;
use axum::body::Body;
use jwt_auth::{JwtUser, Keys, Parts, Protected, Token, auth_backend, passwords::NoThrottle};
use tower::ServiceExt;
use uuid::Uuid;

use crate::harness::{Samples, interleaved, process_time};
use crate::plot::Bars;
use crate::report::Report;

#[path = "../../examples/oauth2/users.rs"]
mod users;

use users::Users;

const ROUNDS: usize = 600;
const WRONG_PASSWORD: usize = 0;
const UNKNOWN_NAME: usize = 1;
const HASH_ALONE: usize = 2;

#[derive(Clone, JwtUser)]
pub(crate) struct User {
    #[jwt_user(id)]
    pub(crate) id: Uuid,
    #[jwt_user(claim)]
    pub(crate) name: String,
}

#[auth_backend(kind = "oauth2", user = User, retrieve_user = find_user, authenticate = check_password, token_url = "/token")]
struct Auth {
    users: Users,
}

async fn find_user(auth: &Auth, token: &Token, _: &Parts) -> Result<Option<User>, sqlx::Error> {
    auth.users.by_id(token.subject()).await
}

async fn check_password(auth: &Auth, name: &str, password: &str, _: &Parts) -> Result<Option<User>, sqlx::Error> {
    auth.users.by_password(name, password).await
}

pub(crate) fn report() -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let app = runtime.block_on(app());
    let known = users::DEMO_NAME;
    // This name is as long as the known one.
    let unknown: String = "x".repeat(known.len());
    let hash = users::hash(users::DEMO_PASSWORD).expect("a hash");
    let mut waited = [const { Vec::new() }; 3];
    let computed = interleaved(3, ROUNDS, |case, samples| {
        let (began, cpu) = (Instant::now(), process_time());
        match case {
            HASH_ALONE => runtime.block_on(hashed(&hash)),
            _ => runtime.block_on(refused(&app, if case == UNKNOWN_NAME { &unknown } else { known })),
        }
        samples.push((process_time() - cpu).as_nanos() as f64);
        waited[case].push(began.elapsed().as_nanos() as f64);
    });
    let waited = waited.map(Samples::new);
    let row = |name: &str, case: usize| {
        let ratio = |samples: &[Samples]| format!("{:.3}", samples[case].median() / samples[HASH_ALONE].median());
        vec![name.to_owned(), ratio(&computed), ratio(&waited)]
    };
    let apart = |samples: &[Samples]| {
        let apart = samples[UNKNOWN_NAME].median() - samples[WRONG_PASSWORD].median();
        format!("{:+.2} %", 100.0 * apart / samples[HASH_ALONE].median())
    };
    let bar = |name: &str, case: usize| {
        let ratio = computed[case].median() / computed[HASH_ALONE].median();
        (name.to_owned(), ratio, format!("{ratio:.3}"))
    };
    Report {
        header: vec!["login", "CPU", "time until the answer"],
        rows: vec![
            row("the hash alone", HASH_ALONE),
            row("known name, wrong password", WRONG_PASSWORD),
            row("unknown name", UNKNOWN_NAME),
            vec!["unknown less known, of the hash".into(), apart(&computed), apart(&waited)],
        ],
        plot: Bars {
            title: "A refused login, its CPU against that of the hash".into(),
            bars: vec![
                bar("the hash alone", HASH_ALONE),
                bar("known name, wrong password", WRONG_PASSWORD),
                bar("unknown name", UNKNOWN_NAME),
            ],
        },
        note: format!("1.00 is {:.1} ms of CPU in this run", computed[HASH_ALONE].median() / 1e6),
    }
}

/// The application, without a throttle, because its waiting time would be measured instead.
async fn app() -> Protected {
    let auth = Auth { users: Users::open("sqlite::memory:").await.expect("users") };
    let keys = Keys::hs256_ephemeral().expect("a key");
    let auth =
        auth.backend().keys(keys).issuer("https://api.example.com").throttle(NoThrottle).build().expect("a backend");
    auth.protect(Router::new()).expect("a router")
}

/// Hashes on one of the threads that the example hashes on.
async fn hashed(hash: &str) {
    let hash = hash.to_owned();
    let is_right = tokio::task::spawn_blocking(move || users::verify("wrong", &hash)).await;
    assert!(!is_right.expect("a hash"));
}

async fn refused(app: &Protected, name: &str) {
    let request = http::Request::post("/token").header("content-type", "application/x-www-form-urlencoded");
    let form = format!("grant_type=password&username={name}&password=wrong");
    let answer = app.clone().oneshot(request.body(Body::from(form)).expect("a request")).await;
    assert_eq!(answer.map(|answer| answer.status()), Ok(http::StatusCode::BAD_REQUEST));
}
