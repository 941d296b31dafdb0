//! Tests each endpoint while each of its store calls in turn fails, hangs, or is carried out late.
//!
//! After a success, the whole effect has happened. After a 503, either nothing or the whole effect has happened, and sending the
//! request again succeeds and does no harm.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use jwt_auth::store::{PostgresStore, RedisStore};
use jwt_auth_tests::call_with;
use sqlx::postgres::PgPoolOptions;

use crate::browser::{self, Browser};
use crate::fault_service::{Instance, Kind, Service, Sound};
use crate::faulty::{Fault, Faulty};
use crate::handles::{Handles, on_every_store};
use crate::proxy::Proxy;
use crate::servers::Server;
use crate::service::{
    Standing, backend, fresh_name, introspect, log_out, protect, revoke, sign_in, sign_in_in_handler, standing,
    try_refresh, try_sign_in,
};

/// Only a test that hangs waits this long.
const HANGS: Duration = Duration::from_secs(60);
/// How long a store outside this process may take. A call that hangs is given up after this time.
const TIMEOUT: Duration = Duration::from_secs(2);

on_every_store! { a_request_takes_effect_wholly_or_not_at_all_and_can_be_sent_again }

// STO-06, STO-07
async fn a_sign_in(service: &Service) {
    let name = fresh_name();
    let (_, access, token) = try_sign_in(&service.sound.app, &name).await;
    service.is_granted("the password grant", async |one| try_sign_in(&one.app, &name).await).await;
    service.goes_on("the session before", Kind::Client, &access, &token).await;
}

async fn a_sign_in_in_a_handler(service: &Service) {
    let name = fresh_name();
    service.is_granted("a handler", async |one| sign_in_in_handler(&one.app, "session", &name, "x").await).await;
}

async fn a_plain_sign_in(service: &Service) {
    let name = fresh_name();
    let (mut status, mut access, _) =
        service.at_fault(sign_in_in_handler(&service.hasty.app, "plain", &name, "x")).await;
    if status == 503 {
        (status, access, _) = sign_in_in_handler(&service.patient.app, "plain", &name, "x").await;
    }
    assert_eq!((status, call_with(&service.sound.app, &access).await.0), (200, 200));
}

// STO-07: after the retry the session continues.
async fn a_refresh(service: &Service) {
    let (access, token) = sign_in(&service.sound.app).await;
    service.is_granted("the refresh grant", async |one| try_refresh(&one.app, &token).await).await;
    assert_eq!(call_with(&service.sound.app, &access).await.0, 200, "nothing has ended");
}

// ONE-06, REV-04
async fn a_revocation_by_access_token(service: &Service) {
    service.is_ended("revoke by access token", 200, async |one, access, _| revoke(&one.app, access).await).await;
}

// ONE-06, REV-04
async fn a_revocation_by_refresh_token(service: &Service) {
    service.is_ended("revoke by refresh token", 200, async |one, _, token| revoke(&one.app, token).await).await;
}

// ONE-06, REV-04
async fn a_logout(service: &Service) {
    service.is_ended("logout", 204, async |one, access, _| log_out(&one.app, access).await).await;
}

// REV-07
async fn a_sign_out_everywhere(service: &Service) {
    let (what, name, sound) = ("`revoke_user`", fresh_name(), &service.sound.app);
    let (_, plain, _) = sign_in_in_handler(sound, "plain", &name, "x").await;
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let (_, access, token) = try_sign_in(sound, &name).await;
        sessions.push((access, token));
    }
    if service.at_fault(service.hasty.auth.revoke_user(&name)).await.is_err() {
        // The sign-out is retried in the background, so all sessions may end at any moment; once one has ended, all have.
        let mut live = vec![call_with(sound, &plain).await.0 == 200];
        for (access, token) in &mut sessions {
            match standing(sound, access, token).await {
                Standing::Live(next_access, next) => {
                    (*access, *token) = (next_access, next);
                    live.push(true);
                }
                Standing::Ended => live.push(false),
                Standing::Half => panic!("{}", service.what(what)),
            }
        }
        live.push(call_with(sound, &plain).await.0 == 200);
        assert!(live.is_sorted_by(|before, after| before >= after), "{}: {live:?}", service.what(what));
        service.patient.auth.revoke_user(&name).await.expect("the store answers");
    }
    assert_eq!(call_with(sound, &plain).await.0, 401, "{}", service.what(what));
    for (access, token) in &sessions {
        service.has_ended(what, Kind::Client, access, token).await;
    }
    // The retries in the background do not end a new session.
    let (status, access, token) = try_sign_in(sound, &name).await;
    assert_eq!(status, 200);
    service.goes_on(what, Kind::Client, &access, &token).await;
}

// REL-03: if the store cannot answer, a token is reported neither as active nor as inactive.
async fn a_question(service: &Service) {
    let (access, token) = sign_in(&service.sound.app).await;
    for (is_live, ends) in [(true, false), (false, true)] {
        if ends {
            assert_eq!(revoke(&service.sound.app, &token).await, 200);
        }
        let answer = service.at_fault(introspect(&service.hasty.introspects, &access)).await;
        assert!(answer == (200, is_live) || answer == (503, false), "{}: {answer:?}", service.what("introspect"));
        assert_eq!(introspect(&service.patient.introspects, &access).await, (200, is_live));
        let expected = if is_live { 200 } else { 401 };
        let (status, _) = service.at_fault(call_with(&service.hasty.app, &access)).await;
        assert!(status == expected || status == 503, "{}: {status}", service.what("a guarded request"));
        assert_eq!(call_with(&service.patient.app, &access).await.0, expected);
    }
}

// STO-02, REL-03
async fn a_browser_signs_in_again(service: &Service) {
    let name = fresh_name();
    replaces_a_session(service, &name, &name).await;
}

// STO-02, REL-03: two subjects are two documents.
async fn a_browser_signs_in_as_another_user(service: &Service) {
    replaces_a_session(service, &fresh_name(), &fresh_name()).await;
}

async fn replaces_a_session(service: &Service, name: &str, next_name: &str) {
    let (what, sound) = ("a browser's sign-in", &service.sound.browsers);
    let mut first = Browser::default().sign_in(sound, name).await.expect("it signs in");
    let mut answer = service.at_fault(first.sign_in(&service.hasty.browsers, next_name)).await;
    if let Err(status) = answer {
        assert_eq!(status, 503);
        match first.standing(sound).await {
            Standing::Live(access, refresh) => first = Browser { access, refresh },
            Standing::Ended => {}
            Standing::Half => panic!("{}", service.what(what)),
        }
        answer = first.sign_in(&service.patient.browsers, next_name).await;
    }
    let next = answer.unwrap_or_else(|status| panic!("{}: {status}", service.what(what)));
    service.has_ended(what, Kind::Browser, &first.access, &first.refresh).await;
    service.goes_on(what, Kind::Browser, &next.access, &next.refresh).await;
    service.has_ended(what, Kind::Browser, &first.access, &first.refresh).await;
}

// ONE-06: if a sign-in fails before its write is carried out, the earlier session continues, and retries in the background do not
// end it. After any other failure, both tokens of the earlier session are accepted, or both are refused.
async fn a_browser_gives_up(service: &Service) {
    for is_plain in [true, false] {
        let (name, sound) = (fresh_name(), &service.sound.browsers);
        let first = Browser::default().sign_in(sound, &name).await.expect("it signs in");
        let request = async {
            match is_plain {
                true => first.sign_in_plainly(&service.hasty.browsers, &name).await,
                false => first.sign_in(&service.hasty.browsers, &name).await.err().unwrap_or(200),
            }
        };
        let (what, status) = ("a sign-in that is given up", service.at_fault(request).await);
        match service.fault {
            _ if status == 200 => service.has_ended(what, Kind::Browser, &first.access, &first.refresh).await,
            Fault::FailsBefore | Fault::AllFailBefore | Fault::Hangs if service.faulty.has_happened() => {
                service.goes_on(what, Kind::Browser, &first.access, &first.refresh).await;
            }
            _ => assert_ne!(first.standing(sound).await, Standing::Half, "{}", service.what(what)),
        }
    }
}

// STO-07
async fn a_browser_renews(service: &Service) {
    let first = Browser::default().sign_in(&service.sound.browsers, &fresh_name()).await.expect("it signs in");
    let mut answer = service.at_fault(first.renew(&service.hasty.browsers)).await;
    if answer == Err(503) {
        answer = first.renew(&service.patient.browsers).await;
    }
    let next = answer.unwrap_or_else(|status| panic!("{}: {status}", service.what("renewal")));
    assert_eq!(first.call(&service.sound.browsers).await, 200, "nothing has ended");
    service.goes_on("renewal", Kind::Browser, &next.access, &next.refresh).await;
}

/// The conditions under which an endpoint is tested.
struct Under<'h> {
    handles: &'h Handles,
    /// The proxy before the first handle, if the test cuts its connections.
    proxy: Option<Arc<Proxy>>,
    timeout: Duration,
    sound: Sound,
}

/// Tests the endpoint with each fault at each of its store calls. Returns how many calls there were.
async fn each(under: &Under<'_>, endpoint: impl AsyncFn(&Service)) -> usize {
    let Under { handles, proxy, timeout, sound } = under;
    let mut faults = 0;
    for fault in if proxy.is_some() { &Fault::CUTS[..] } else { &Fault::CALLS } {
        for after in 0.. {
            let faulty = Arc::new(Faulty::new(Arc::clone(&handles[0]), proxy.clone()));
            let service = Service {
                hasty: Instance::new(&faulty, *timeout),
                patient: Instance::new(&faulty, HANGS),
                sound: sound.clone(),
                faulty,
                after,
                fault: *fault,
            };
            endpoint(&service).await;
            if !service.faulty.has_happened() {
                assert!(after > 0, "it asks the store");
                break;
            }
            faults += 1;
        }
    }
    faults
}

async fn a_request_takes_effect_wholly_or_not_at_all_and_can_be_sent_again(handles: Handles) {
    // The store in memory never hangs by itself.
    let in_memory = handles[0].summary_at_once(&jwt_auth::store::Key::from_bytes(&[0; 17]).expect("a key")).is_some();
    let timeout = if in_memory { Duration::from_millis(20) } else { TIMEOUT };
    under_faults(&handles, None, timeout).await;
}

// REL-03, ONE-06, STO-05, STO-07
#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_connections_to_redis_close_takes_effect_wholly_or_not_at_all() {
    let Some(server) = Server::redis(&[]).await else { return };
    let proxy = Arc::new(Proxy::before(server.port).await);
    let direct = RedisStore::connect(&server.redis_url(), "shop").await.expect("a server");
    under_faults(&[Arc::new(proxy.store().await), Arc::new(direct)], Some(proxy), HANGS).await;
}

// REL-03, ONE-06, STO-05, STO-07
#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_connections_to_postgres_close_takes_effect_wholly_or_not_at_all() {
    let Some(server) = Server::postgres().await else { return };
    let proxy = Arc::new(Proxy::before(server.port).await);
    let store = async |port: u16| {
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let pool = PgPoolOptions::new().max_connections(8).connect(&url).await.expect("a database");
        Arc::new(PostgresStore::new(pool).migrate().await.expect("tables"))
    };
    under_faults(&[store(proxy.port).await, store(server.port).await], Some(proxy), HANGS).await;
}

/// Awaits all futures at the same time.
async fn all<T>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + '_>>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

async fn under_faults(handles: &Handles, proxy: Option<Arc<Proxy>>, timeout: Duration) {
    let sound = Sound {
        app: protect(&backend(Arc::clone(&handles[1]), HANGS)),
        browsers: browser::protect(Arc::clone(&handles[1]), HANGS),
        live: Arc::default(),
    };
    for store in handles {
        sign_in(&protect(&backend(Arc::clone(store), HANGS))).await;
    }
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let is_cut = proxy.is_some();
    let under = &Under { handles, proxy, timeout, sound };
    let endpoints: Vec<Pin<Box<dyn Future<Output = usize>>>> = vec![
        Box::pin(each(under, a_sign_in)),
        Box::pin(each(under, a_sign_in_in_a_handler)),
        Box::pin(each(under, a_plain_sign_in)),
        Box::pin(each(under, a_refresh)),
        Box::pin(each(under, a_revocation_by_access_token)),
        Box::pin(each(under, a_revocation_by_refresh_token)),
        Box::pin(each(under, a_logout)),
        Box::pin(each(under, a_sign_out_everywhere)),
        Box::pin(each(under, a_question)),
        Box::pin(each(under, a_browser_signs_in_again)),
        Box::pin(each(under, a_browser_signs_in_as_another_user)),
        Box::pin(each(under, a_browser_gives_up)),
        Box::pin(each(under, a_browser_renews)),
    ];
    let mut counts = Vec::new();
    if is_cut {
        // Runs the endpoints one after another, because they share the connections that are cut.
        for endpoint in endpoints {
            counts.push(endpoint.await);
        }
    } else {
        counts = all(endpoints).await;
    }
    // Waits until the retries in the background are over. Not with a proxy, which has tasks of its own for each connection.
    let began = Instant::now();
    while !is_cut && tasks() > before {
        assert!(began.elapsed() < HANGS, "{} tasks were {before}", tasks());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let live = std::mem::take(&mut *under.sound.live.lock().unwrap());
    println!("{} faults ({counts:?}), {} sessions that go on", counts.iter().sum::<usize>(), live.len());
    for (kind, access, token) in live {
        assert!(matches!(under.sound.standing(kind, &access, &token).await, Standing::Live(..)));
    }
}
