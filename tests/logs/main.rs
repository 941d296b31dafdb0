//! What is written to the log: the reason, the fix, and never a token.

#[path = "../behaviour/fixture.rs"]
#[allow(dead_code, unused_imports)]
mod fixture;
mod forms;
mod keys;
mod passwords;
mod routes;
#[path = "../stores/servers.rs"]
#[allow(dead_code)]
mod servers;

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use axum::Router;
use axum::routing::get;
use jwt_auth::{Parts, Rejection, Token};
use jwt_auth_tests::call;
use tracing_subscriber::filter::LevelFilter;

use crate::fixture::{Bearer, OAuth2, SECRET, app, bearer, ready, request, token};

thread_local! {
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the thread's own buffer.
struct Buffer;

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that is logged at any level while this runs. One subscriber for the whole process, as the library caches
/// which events are wanted; that is why these tests have a program of their own.
fn logged<F: Future<Output = ()>>(run: impl FnOnce() -> F) -> String {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        let format = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
        format.with_writer(|| Buffer).init();
    });
    LOGGED.take();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run());
    String::from_utf8(LOGGED.take()).unwrap()
}

// REL-06
#[test]
fn no_token_and_no_secret_is_logged() {
    let auth = ready(OAuth2.backend());
    let token = token(&auth);
    let text = logged(|| async {
        let (app, _) = app(&auth);
        let good = bearer(&token);
        let bad = format!("{good}x");
        for header in [&good, &bad] {
            call(&app, request("GET", "/me", &[("authorization", header)])).await;
        }
        call(&app, request("POST", "/me", &[("cookie", &format!("__Host-token={token}"))])).await;
        auth.create_token(&crate::fixture::alice()).unwrap();
    });
    assert!(text.contains("accepted") && text.contains("refused") && text.contains("issued"), "{text}");
    let parts: Vec<&str> = token.split('.').collect();
    assert!(parts.iter().skip(1).all(|part| !text.contains(part)) && !text.contains(&SECRET[..12]), "{text}");
}

#[test]
fn a_refusal_says_why() {
    let text = logged(|| async {
        let (app, _) = app(&ready(Bearer.backend()));
        call(&app, request("GET", "/me", &[("authorization", "Bearer a.b.c")])).await;
    });
    assert!(
        text.contains(
            "INFO jwt_auth: refused: a segment is not canonical base64url method=GET route=\"/me\" status=401"
        ),
        "{text}"
    );
}

// SEE-02: the fields that a search uses.
#[test]
fn a_refusal_has_fields_for_a_search() {
    use axum::extract::ConnectInfo;
    use std::net::SocketAddr;

    let kid = RefCell::new(String::new());
    let text = logged(|| async {
        let with_key = |kid: &'static str| {
            let keys = jwt_auth_tests::keys::signing(jwt_auth::Algorithm::ES256, kid);
            let builder = Bearer.backend().keys(keys.into()).issuer(crate::fixture::ISSUER);
            builder.clock(|| crate::fixture::NOW).build().unwrap()
        };
        let (auth, other) = (with_key("own"), with_key("other"));
        *kid.borrow_mut() = other.key_ids()[0].clone().unwrap_or_default();
        let other = token(&other);
        let handler = get(|_: jwt_auth::Require<crate::fixture::bearer::Write>| async {});
        let app = auth.protect(Router::new().route("/orders/{id}", handler)).unwrap();
        for token in [token(&auth), other] {
            let mut request = request("GET", "/orders/secret", &[("authorization", &bearer(&token))]);
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4_000))));
            call(&app, request).await;
        }
    });
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("refused: ")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    let common = "method=GET route=\"/orders/{id}\" status=";
    let verified =
        "status=403 client=192.0.2.7 reason=\"insufficient_scope\" issuer=\"https://issuer.test\" subject=\"7\" jti=\"";
    assert!(lines[0].contains(common) && lines[0].contains(verified) && !lines[0].contains("kid="), "{text}");
    let unknown = format!("status=401 client=192.0.2.7 reason=\"token_unknown_key\" kid=\"{}\"", kid.borrow());
    assert!(lines[1].contains(common) && lines[1].contains(&unknown) && !lines[1].contains("subject"), "{text}");
    assert!(!text.contains("/orders/secret"), "{text}");
}

// EXC-07
#[test]
fn a_forgotten_guard_names_the_fix() {
    let text = logged(|| async {
        let router = Router::new().route("/me", get(|_: Token| async {}));
        call(&router, request("GET", "/me", &[])).await;
    });
    assert!(text.contains("ERROR jwt_auth") && text.contains("pass its router to `protect`"), "{text}");
}

/// Refuses everybody.
struct Nobody;

impl<S: Sync> axum::extract::FromRequestParts<S> for Nobody {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Err(match parts.uri.path() {
            "/forbidden" => Rejection::forbidden(parts, "no admin"),
            "/scope" => Rejection::insufficient_scope(parts, "orders"),
            _ => Rejection::unauthorized(parts, "no second factor"),
        })
    }
}

// No id: the caller does not see the reason, so the operator must.
#[test]
fn a_refusal_by_the_application_says_why_once() {
    let text = logged(|| async {
        let auth = ready(Bearer.backend());
        let paths = ["/forbidden", "/scope", "/unauthorized"];
        let router = paths.iter().fold(Router::new(), |router, path| router.route(path, get(|_: Nobody| async {})));
        let app = auth.protect(router).unwrap();
        for path in paths {
            call(&app, request("GET", path, &[("authorization", &bearer(&token(&auth)))])).await;
        }
    });
    let refused = |reason: &str, route: &str, status: u16| {
        format!("INFO jwt_auth: refused: {reason} method=GET route=\"{route}\" status={status}")
    };
    for line in [
        refused("the user is not allowed in: no admin", "/forbidden", 403),
        refused("the token lacks the scope `orders`", "/scope", 403),
        refused("the application's own guard refused the credential: no second factor", "/unauthorized", 401),
    ] {
        assert_eq!(text.matches(&line).count(), 1, "{line} is not in {text}");
    }
    assert_eq!(text.matches("refused: ").count(), 3, "{text}");
}

#[utoipa::path(get, path = "/orders")]
async fn orders(_: crate::fixture::User) {}

#[test]
fn a_layer_that_the_document_does_not_show_is_named_once_with_the_fix() {
    use axum::middleware::from_extractor;
    let text = logged(|| async {
        let auth = ready(Bearer.backend());
        let layer = from_extractor::<jwt_auth::Require<crate::fixture::bearer::Write>>();
        let router = utoipa_axum::router::OpenApiRouter::new().routes(jwt_auth::routes!(orders)).route_layer(layer);
        let (app, _) = auth.protect(crate::fixture::with_open_routes(router)).unwrap();
        for _ in 0..3 {
            call(&app, request("GET", "/orders", &[("authorization", &bearer(&token(&auth)))])).await;
        }
    });
    assert_eq!(text.matches("the document does not show it").count(), 1, "{text}");
    assert!(
        text.contains("WARN jwt_auth") && text.contains("router.require::<") && text.contains("bearer::Write>()"),
        "{text}"
    );
}

// EXC-04
#[test]
fn a_preflight_that_reaches_the_guard_names_the_fix() {
    let preflight = [("origin", "https://a.test"), ("access-control-request-method", "GET")];
    let text = logged(|| async {
        let (app, _) = app(&ready(Bearer.backend()));
        call(&app, request("OPTIONS", "/me", &preflight)).await;
    });
    assert!(text.contains("WARN jwt_auth") && text.contains("put a `CorsLayer` outside it"), "{text}");
    let text = logged(|| async {
        let (app, _) = app(&ready(Bearer.backend()));
        call(&app, request("OPTIONS", "/me", &[])).await;
    });
    assert!(!text.contains("CorsLayer"), "{text}");
}

// REV-05, REF-03
#[test]
fn a_redis_that_may_forget_revocations_causes_a_warning() {
    let evicts = "Redis may evict sessions before they end; set `maxmemory-policy noeviction`";
    let forgets = "Redis may lose sessions at a restart; set `appendonly yes`";
    for (settings, warnings) in [
        (&["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"][..], vec![evicts, forgets]),
        (&["--maxmemory-policy", "volatile-ttl"], vec![evicts]),
        (&[], vec![]),
    ] {
        let mut is_skipped = false;
        let text = logged(|| async {
            match servers::Server::redis(settings).await {
                Some(server) => {
                    let url = server.redis_url();
                    assert!(jwt_auth::store::RedisStore::connect(&url, "shop").await.is_ok());
                }
                None => is_skipped = true,
            }
        });
        if is_skipped {
            return;
        }
        let logged: Vec<&str> = [evicts, forgets].into_iter().filter(|warning| text.contains(warning)).collect();
        assert_eq!(logged, warnings, "{settings:?}");
    }
}
