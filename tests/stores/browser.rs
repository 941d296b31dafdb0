//! A service for browsers. A browser keeps two cookies, and a sign-in replaces the session that it had.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use http::request::Builder;
use jwt_auth::{AuthSession, Protected, RefreshTokens, auth_backend, store::Store};
use jwt_auth_tests::{Answer, call};

use crate::service::{Standing, User, keys};

#[auth_backend(kind = "cookie", user = User, refresh_url = "/refresh", exclude = ["/sign-in/{name}", "/plain/{name}"])]
struct Auth;

pub(crate) fn protect(store: Arc<dyn Store>, timeout: Duration) -> Protected {
    let auth = Auth.backend().keys(keys()).issuer("https://browser.test").store(store).store_timeout(timeout);
    let auth = auth.refresh_tokens(RefreshTokens::new()).build().unwrap();
    let sign_in = |session: AuthSession<Auth>, Path(id): Path<String>| async move {
        session.login(&User { id }).with_refresh_token().await
    };
    let plain = |session: AuthSession<Auth>, Path(id): Path<String>| async move { session.login(&User { id }).await };
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/sign-in/{name}", post(sign_in))
        .route("/plain/{name}", post(plain));
    auth.protect(router).unwrap()
}

/// The two cookies, as `name=value`. A new browser has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Browser {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

fn cookies(answer: &Answer) -> Browser {
    let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
    let mut pairs = set.map(|(_, value)| value.split(';').next().unwrap_or_default().to_owned());
    let [access, refresh] = [(); 2].map(|()| pairs.next().expect("two cookies"));
    Browser { access, refresh }
}

impl Browser {
    fn request(request: Builder, cookie: &str) -> http::Request<axum::body::Body> {
        let request = request.header("sec-fetch-site", "same-origin").header("cookie", cookie);
        request.body(axum::body::Body::empty()).unwrap()
    }

    /// Returns the browser's cookies afterwards, or the status of the refusal.
    pub(crate) async fn sign_in(&self, app: &Protected, name: &str) -> Result<Self, u16> {
        let request = Self::request(http::Request::post(format!("/sign-in/{name}")), &self.access);
        let answer = call(app, request).await;
        if answer.status == 200 { Ok(cookies(&answer)) } else { Err(answer.status) }
    }

    /// Signs in without a session. Returns the status.
    pub(crate) async fn sign_in_plainly(&self, app: &Protected, name: &str) -> u16 {
        call(app, Self::request(http::Request::post(format!("/plain/{name}")), &self.access)).await.status
    }

    pub(crate) async fn renew(&self, app: &Protected) -> Result<Self, u16> {
        let request = Self::request(http::Request::post("/refresh"), &self.refresh);
        let answer = call(app, request).await;
        if answer.status == 204 { Ok(cookies(&answer)) } else { Err(answer.status) }
    }

    pub(crate) async fn renew_until_answered(&self, app: &Protected) -> Result<Self, u16> {
        for _ in 0..100 {
            match self.renew(app).await {
                Err(503) => tokio::task::yield_now().await,
                answer => return answer,
            }
        }
        panic!("it is answered 503 again and again");
    }

    pub(crate) async fn call(&self, app: &Protected) -> u16 {
        call(app, Self::request(http::Request::get("/me"), &self.access)).await.status
    }

    /// Like [`standing`](crate::service::standing).
    pub(crate) async fn standing(&self, app: &Protected) -> Standing {
        let before = self.call(app).await;
        let renewed = self.renew_until_answered(app).await;
        let after = self.call(app).await;
        assert!([before, after].iter().all(|status| matches!(status, 200 | 401)), "{before} {after}");
        match renewed {
            Ok(next) if before == 200 => Standing::Live(next.access, next.refresh),
            Err(401) if after == 401 => Standing::Ended,
            Ok(_) | Err(401) => Standing::Half,
            Err(other) => panic!("{other}"),
        }
    }
}
