//! Tokens that an attacker would send, over every algorithm and over HTTP/1.1 and HTTP/2. None is accepted, none makes the
//! server fail. Each is made here, from keys that are thrown away.

mod corpus;
mod forge;

use axum::Router;
use axum::routing::get;
use jwt_auth::{Algorithm, Issuer, RejectionReason, auth_backend};
use jwt_auth_tests::keys::{ALL, signing};
use jwt_auth_tests::{call_with, send, serve};

use self::forge::Forge;

const ISSUER: &str = "https://issuer.test";
const NOW: u64 = 1_800_000_000;

#[derive(Clone, jwt_auth::JwtUser)]
struct User {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn app(algorithm: Algorithm) -> jwt_auth::Protected {
    let auth = Auth.backend().keys(signing(algorithm, "hostile").into()).issuer(ISSUER).clock(|| NOW as i64);
    let handler = |user: User| async move { user.id };
    auth.build().unwrap().protect(Router::new().route("/me", get(handler))).unwrap()
}

// JWS-01 to JWS-18, CLM-01 to CLM-10, REL-01
#[tokio::test]
async fn no_hostile_token_is_accepted() {
    let mut tried = 0;
    let mut per_algorithm = Vec::new();
    for algorithm in ALL {
        let (app, forge) = (app(algorithm), Forge::new(algorithm));
        for control in corpus::controls(&forge) {
            let (status, reason) = call_with(&app, &control.token).await;
            assert_eq!(status, 200, "{algorithm}: the control `{}` is refused: {reason:?}", control.name);
        }
        let all = corpus::hostile(&forge);
        for case in &all {
            let (status, reason) = call_with(&app, &case.token).await;
            assert!(matches!(status, 400 | 401), "{algorithm}: `{}` of {}: {status}", case.name, case.group);
            assert!(reason.is_some_and(|reason: RejectionReason| !reason.to_string().is_empty()), "{}", case.name);
        }
        tried += all.len();
        per_algorithm.push(all.len());
    }
    println!("{tried} hostile tokens, {per_algorithm:?}");
    assert!(per_algorithm.iter().all(|count| *count >= 250), "{per_algorithm:?}");
}

// JWS-14: the log names the first check that failed.
#[tokio::test]
async fn each_group_is_refused_for_its_own_reason() {
    let (app, forge) = (app(Algorithm::ES256), Forge::new(Algorithm::ES256));
    let mut wrong = Vec::new();
    for case in corpus::hostile(&forge) {
        let (_, reason) = call_with(&app, &case.token).await;
        let reason = reason.map(|reason| reason.to_string()).unwrap_or_default();
        if !case.reasons.iter().any(|expected| reason.contains(expected)) {
            wrong.push(format!("{} of {}: {reason}", case.name, case.group));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The same keys at an issuer with default settings, which accepts what RFC 7519 and RFC 8725 allow.
fn at_an_issuer(algorithm: Algorithm) -> jwt_auth::Protected {
    let key = signing(algorithm, "hostile").verifying_key().clone();
    let issuer = Issuer::new(ISSUER).keys(key).audience(ISSUER);
    let auth = Auth.backend().verify_only().trust(issuer).clock(|| NOW as i64).build().unwrap();
    let handler = |user: User| async move { user.id };
    auth.protect(Router::new().route("/me", get(handler))).unwrap()
}

/// The cases that our own tokens may not have and that another issuer's may, with the RFC that allows each.
const ALLOWED_ELSEWHERE: [(&str, &str); 18] = [
    ("typ \"JWT\"", "RFC 7519 section 5.1 recommends it"),
    ("typ \"application/jwt\"", "RFC 7515 section 4.1.9: the same type with its prefix"),
    ("no typ", "RFC 7519 section 5.1: optional"),
    ("no iat", "RFC 7519 section 4.1.6: optional"),
    ("iat null", "counts as absent; RFC 7519 section 4.1.6: optional"),
    ("no jti", "RFC 7519 section 4.1.7: optional"),
    ("jti null", "counts as absent; RFC 7519 section 4.1.7: optional"),
    ("nbf null", "counts as absent; RFC 7519 section 4.1.5: optional"),
    ("client_id null", "counts as absent; RFC 7519 section 4: claims are optional"),
    ("exp 1800000060.5", "RFC 7519 section 2: a NumericDate may have a fraction"),
    ("exp with an exponent", "RFC 7519 section 2: a NumericDate is a JSON number"),
    // RFC 7519 does not know `scope`. It is no reason to refuse a token, and what cannot be read grants nothing.
    ("scope [\"read\"]", "RFC 7519 section 4: private claims have any form"),
    ("scope \"read  write\"", "RFC 7519 section 4: private claims have any form"),
    ("scope \" read\"", "RFC 7519 section 4: private claims have any form"),
    ("scope \"read\\twrite\"", "RFC 7519 section 4: private claims have any form"),
    ("scope \"\"", "RFC 7519 section 4: private claims have any form"),
    ("scope null", "RFC 7519 section 4: private claims have any form"),
    ("scope 1", "RFC 7519 section 4: private claims have any form"),
];

// ISS-02, ISS-04, JWS-01 to JWS-18: a default issuer differs from our own tokens only where an RFC allows it.
#[tokio::test]
async fn a_default_issuer_accepts_only_what_an_rfc_allows() {
    let (mut wrong, mut accepted) = (Vec::new(), std::collections::BTreeSet::new());
    for algorithm in ALL {
        let (app, forge) = (at_an_issuer(algorithm), Forge::new(algorithm));
        for control in corpus::controls(&forge) {
            assert_eq!(call_with(&app, &control.token).await.0, 200, "{algorithm}: {}", control.name);
        }
        for case in corpus::hostile(&forge) {
            let (status, _) = call_with(&app, &case.token).await;
            let may_be = ALLOWED_ELSEWHERE.iter().any(|(name, _)| *name == case.name);
            match status {
                200 if may_be => drop(accepted.insert(case.name.clone())),
                400 | 401 if !may_be => {}
                status => wrong.push(format!("{algorithm}: `{}` of {}: {status}", case.name, case.group)),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(accepted.len(), ALLOWED_ELSEWHERE.len(), "{accepted:?}");
}

fn is_sendable(token: &str) -> bool {
    token.bytes().all(|byte| byte >= 0x20 && byte != 0x7f) && token.len() < 60_000
}

// REL-01
#[tokio::test]
async fn a_hostile_token_over_http_1_causes_no_server_error() {
    for algorithm in [Algorithm::HS256, Algorithm::ES256, Algorithm::RS256] {
        let address = serve(app(algorithm)).await;
        for case in corpus::hostile(&Forge::new(algorithm)).iter().filter(|case| is_sendable(&case.token)) {
            let head = format!(
                "GET /me HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
                case.token
            );
            let status = send(address, head).await.status;
            assert!(matches!(status, 400 | 401 | 431), "{}: {status}", case.name);
        }
    }
}

// REL-01
#[tokio::test]
async fn a_hostile_token_over_http_2_causes_no_server_error() {
    for algorithm in [Algorithm::HS256, Algorithm::ES256, Algorithm::RS256] {
        let address = serve(app(algorithm)).await;
        let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
        let get = |token: String| {
            client.get(format!("http://{address}/me")).header("authorization", format!("Bearer {token}"))
        };
        let control = corpus::controls(&Forge::new(algorithm)).remove(0).token;
        let answer = get(control).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
        for case in corpus::hostile(&Forge::new(algorithm))
            .iter()
            .filter(|case| is_sendable(&case.token) && case.token.len() < 16_000)
        {
            let status = get(case.token.clone()).send().await.unwrap().status().as_u16();
            assert!(matches!(status, 400 | 401 | 431), "{}: {status}", case.name);
        }
    }
}
