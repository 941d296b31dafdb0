//! Errors that a handler returns with `?`: their answers, their sources, and their texts.

use std::error::Error;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::post;
use jwt_auth::{
    AuthSession, Backend, Login, LoginError, Logout, LogoutError, MemoryStore, NotAllowed, Parts, RejectionReason,
    StoreError, rejection::TokenError, session::RefreshError,
};
use jwt_auth_tests::{Answer, call};

use crate::failing_service::{FailsAt, LookUp, Member, Members, Web, build, from_own_page};
use crate::fixture::request;

/// The answer of a handler that returns this error with `?`.
async fn answer_of<E: IntoResponse + Send + 'static>(error: E) -> Answer {
    let error = Arc::new(Mutex::new(Some(error)));
    let handler = move || {
        let error = error.lock().unwrap().take();
        async move {
            error.map_or(Ok(()), Err)?;
            Ok::<_, E>(())
        }
    };
    call(&Router::new().route("/", post(handler)), request("POST", "/", &[])).await
}

/// The status, `Retry-After`, and the `error` of RFC 6749.
fn rfc_6749(answer: &Answer) -> (u16, Option<&str>, String) {
    assert_eq!((answer.header("cache-control"), answer.header("set-cookie")), (Some("no-store"), None));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    (answer.status, answer.header("retry-after"), answer.json()["error"].as_str().unwrap().to_owned())
}

// TOK-06, REV-04
#[tokio::test]
async fn a_sign_in_that_fails_answers_by_its_error() {
    let store = || LoginError::Store(StoreError::new("no connection"));
    for (error, status, retry_after, code) in [
        (store(), 503, Some("1"), "temporarily_unavailable"),
        (LoginError::Scope, 400, None, "invalid_scope"),
        (LoginError::Cookie, 500, None, "server_error"),
        (LoginError::Lifetime, 500, None, "server_error"),
        (LoginError::RefreshTokensOff, 500, None, "server_error"),
        (LoginError::NoPlaceForRefreshToken, 500, None, "server_error"),
        (LoginError::Claims("`sub` is empty".into()), 500, None, "server_error"),
    ] {
        let expected = (status, retry_after, code.to_owned());
        assert_eq!(rfc_6749(&answer_of(error.clone()).await), expected, "{error:?}");
        // A refresh that fails with the same error has the same answer.
        assert_eq!(rfc_6749(&answer_of(RefreshError::Login(error.clone())).await), expected, "{error:?}");
        assert!(!answer_of(error).await.body.contains("sub"), "the reason is for the log");
    }
    for answer in [answer_of(LoginError::CrossSite).await, answer_of(RefreshError::Login(LoginError::CrossSite)).await]
    {
        assert_eq!((answer.status, answer.header("content-type")), (403, Some("application/problem+json")));
    }
}

// TOK-06, REV-04
#[tokio::test]
async fn a_refresh_that_fails_answers_by_its_error() {
    for (error, status, code) in [
        (RefreshError::Invalid, 400, "invalid_grant"),
        (RefreshError::Client, 400, "invalid_grant"),
        (RefreshError::NotAllowed(NotAllowed::because("banned")), 400, "invalid_grant"),
        (RefreshError::Scope, 400, "invalid_scope"),
        (RefreshError::Off, 400, "unsupported_grant_type"),
        (RefreshError::Panicked, 500, "server_error"),
    ] {
        assert_eq!(rfc_6749(&answer_of(error.clone()).await), (status, None, code.to_owned()), "{error:?}");
    }
    let store = RefreshError::Store(StoreError::new("no connection"));
    assert_eq!(rfc_6749(&answer_of(store).await), (503, Some("1"), "temporarily_unavailable".to_owned()));
}

// REV-04
#[tokio::test]
async fn a_store_that_fails_answers_503_with_retry_after() {
    let answer = answer_of(StoreError::new("no connection")).await;
    assert_eq!(
        (answer.status, answer.header("retry-after"), answer.header("cache-control")),
        (503, Some("1"), Some("no-store"))
    );
    assert_eq!(
        (answer.header("content-type"), &answer.json()["status"]),
        (Some("application/problem+json"), &503.into())
    );
    assert!(!answer.body.contains("connection"), "the reason is for the log");
}

/// A handler as an application would write it.
async fn sign_in(session: AuthSession<Web>) -> Result<Login, LoginError> {
    let member = Member { id: "m-7".into(), name: "alice".into() };
    let login = session.login(&member).await?;
    Ok(login)
}

async fn sign_out(session: AuthSession<Web>) -> Result<Logout, LogoutError> {
    let logout = session.logout().await?;
    Ok(logout)
}

async fn refresh(auth: Backend<Web>, parts: Parts) -> Result<Login, RefreshError> {
    let login = auth.refresh("no token", None, None, &parts).await?.await?;
    Ok(login)
}

// REV-04
#[tokio::test]
async fn a_handler_can_return_each_error_with_a_question_mark() {
    let store = Arc::new(MemoryStore::new());
    let sound = build(Web(Members::default()).backend(), Arc::clone(&store));
    let token = sound.create_token(&Member { id: "m-7".into(), name: "alice".into() }).unwrap();
    let cookie = ("cookie", format!("__Host-token={token}"));
    for (path, status) in [("/open/sign-in", 503), ("/open/sign-out", 503), ("/open/refresh", 400)] {
        let auth = build(Web(Members::default()).backend(), FailsAt::call(1, &store).store);
        let router = Router::new()
            .route("/open/sign-in", post(sign_in))
            .route("/open/sign-out", post(sign_out))
            .route("/open/refresh", post(refresh));
        let answer = call(&auth.protect(router).unwrap(), from_own_page(path, std::slice::from_ref(&cookie))).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (status, None), "{path}: {answer:?}");
    }
}

/// The texts of the sources of this error, the direct source first.
fn sources(error: &dyn Error) -> Vec<String> {
    error.source().map_or_else(Vec::new, |source| [vec![source.to_string()], sources(source)].concat())
}

#[tokio::test]
async fn an_error_has_the_one_that_it_comes_from_as_its_source() {
    let store = StoreError::caused_by(std::io::Error::other("connection reset"));
    assert_eq!(
        (store.to_string().as_str(), sources(&store)),
        ("connection reset", vec!["connection reset".to_owned()])
    );
    assert!(store.source().unwrap().is::<std::io::Error>(), "it can be downcast");
    assert!(sources(&StoreError::new("full")).is_empty());
    for error in [
        Box::new(LoginError::Store(store.clone())) as Box<dyn Error>,
        Box::new(RefreshError::Store(store.clone())),
        Box::new(RejectionReason::StoreFailed(store.clone())),
    ] {
        assert_eq!(sources(&*error), ["connection reset", "connection reset"]);
        assert!(error.source().unwrap().is::<StoreError>());
    }
    assert!(RefreshError::Login(LoginError::Scope).source().unwrap().is::<LoginError>());
    assert!(RefreshError::NotAllowed(NotAllowed::because("x")).source().unwrap().is::<NotAllowed>());
    assert!(LoginError::Scope.source().is_none() && RefreshError::Invalid.source().is_none());

    // The application's own error is a source of the errors of a refresh and of a check.
    let members = Members::default();
    let auth = build(Web(members.clone()).backend(), MemoryStore::new());
    let parts = request("POST", "/", &[]).into_parts().0;
    let app = crate::failing_service::app(&auth);
    let session = crate::failing_service::begin(&app).await;
    members.set(LookUp::Fails);
    let failed = auth.refresh(&session.refresh, None, None, &parts).await.map(drop).unwrap_err();
    assert_eq!(sources(&failed), ["the database is gone"]);
    let refused = auth.verify(&session.access).await.map(drop).unwrap_err();
    assert_eq!(sources(&refused), ["`retrieve_user` failed: the database is gone", "the database is gone"]);
}

/// Whether the text is one line and one sentence, without a full stop at the end.
fn is_one_sentence(text: &str) -> bool {
    let is_plain = !text.contains('\n') && !text.contains(". ") && !text.ends_with('.');
    is_plain && text.split(' ').count() >= 2 && !text.starts_with(char::is_uppercase)
}

// No id: each error fits on one line of a log.
#[tokio::test]
async fn every_public_error_prints_one_sentence() {
    let store = || StoreError::new("the store did not answer in time");
    let not_allowed = || NotAllowed::because("banned");
    let mut errors: Vec<Box<dyn Error>> = vec![Box::new(store()), Box::new(not_allowed())];
    for error in [
        LoginError::Claims("`sub` is empty".into()),
        LoginError::Lifetime,
        LoginError::Cookie,
        LoginError::Body("not today".into()),
        LoginError::MediaType,
        LoginError::Token,
        LoginError::Scope,
        LoginError::RefreshTokensOff,
        LoginError::NoPlaceForRefreshToken,
        LoginError::SignedOutMeanwhile { before: 1_800_000_000, retry_after: 5 },
        LoginError::TooManySessions,
        LoginError::Store(store()),
        LoginError::CrossSite,
    ] {
        errors.push(Box::new(RefreshError::Login(error.clone())));
        errors.push(Box::new(error));
    }
    let of_refresh = [
        RefreshError::Invalid,
        RefreshError::Client,
        RefreshError::Scope,
        RefreshError::NotAllowed(not_allowed()),
        RefreshError::Store(store()),
        RefreshError::TryAgain,
        RefreshError::Panicked,
        RefreshError::Off,
    ];
    errors.extend(of_refresh.map(|error| Box::new(error) as Box<dyn Error>));
    let reasons = [
        RejectionReason::MissingCredential,
        RejectionReason::OtherScheme,
        RejectionReason::MalformedHeader,
        RejectionReason::RepeatedHeader,
        RejectionReason::RepeatedCookie,
        RejectionReason::Revoked,
        RejectionReason::SessionOver,
        RejectionReason::UnknownUser,
        RejectionReason::InsufficientScope("read".into()),
        RejectionReason::CrossSite("x".into()),
        RejectionReason::NotAllowed(not_allowed()),
        RejectionReason::NotAuthenticated { reason: "no second factor".into(), has_credential: true },
        RejectionReason::IssuerUnavailable { reason: "the issuer does not answer".into(), retry_after: 7 },
        RejectionReason::StoreFailed(store()),
        RejectionReason::TryAgain { reason: "another request came first".into(), retry_after: 5 },
        RejectionReason::Panicked("the handler"),
        RejectionReason::NotGuarded("User"),
        RejectionReason::UndocumentedScope("read".into()),
    ];
    errors.extend(reasons.map(|error| Box::new(error) as Box<dyn Error>));
    let of_token = [
        TokenError::TooLong,
        TokenError::NotCompact,
        TokenError::NotBase64Url,
        TokenError::Header,
        TokenError::Algorithm,
        TokenError::HeaderParameter("crit"),
        TokenError::UnknownKey { issuer: "x".into(), kid: Some("y".into()) },
        TokenError::Signature,
        TokenError::Payload,
        TokenError::Claim("sub".into()),
        TokenError::Expired,
        TokenError::TooFar,
        TokenError::NotYetValid,
        TokenError::Issuer("x".into()),
        TokenError::Audience("x".into()),
        TokenError::Type("x".into()),
        TokenError::ForbiddenClaim("nonce".into()),
        TokenError::WrongValue("typ".into()),
        TokenError::Caller("x".into()),
        TokenError::Inactive,
        TokenError::Clock,
    ];
    errors.extend(of_token.map(|error| Box::new(error) as Box<dyn Error>));
    for error in &errors {
        assert!(is_one_sentence(&error.to_string()), "{error}");
    }
}
