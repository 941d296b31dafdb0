//! Tests each endpoint while each of its store calls in turn fails, hangs, or is carried out late.
//!
//! After a success, the whole effect has happened. After a 503, either nothing or the whole effect has happened, and sending the
//! request again succeeds and does no harm.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jwt_auth::{Backend, Protected};
use jwt_auth_tests::call_with;

use crate::browser::{self, Browser};
use crate::faulty::{Fault, Faulty};
use crate::handles::{Handles, on_every_store};
use crate::service::{
    Auth, Granted, Standing, backend, fresh_name, introspect, introspecting, log_out, protect, revoke, sign_in,
    sign_in_in_handler, standing, try_refresh, try_sign_in,
};

/// Only a test that hangs waits for so long.
const HANGS: Duration = Duration::from_secs(60);
/// How long a store outside this process may take, and so how long a call hangs.
const TIMEOUT: Duration = Duration::from_secs(2);

on_every_store! { a_request_takes_effect_wholly_or_not_at_all_and_can_be_sent_again }

/// A service on a store with faults, and another instance on the same store without.
struct Service {
    faulty: Arc<Faulty>,
    after: usize,
    fault: Fault,
    /// This instance gives up a call that hangs.
    hasty: Instance,
    /// This instance answers the requests that are sent again, however busy the machine is.
    patient: Instance,
    sound: Sound,
}

/// The backends of one instance.
struct Instance {
    auth: Backend<Auth>,
    app: Protected,
    introspects: Protected,
    browsers: Protected,
}

impl Instance {
    fn new(store: &Arc<Faulty>, timeout: Duration) -> Self {
        let auth = backend(Arc::clone(store) as _, timeout);
        Self {
            app: protect(&auth),
            introspects: introspecting(Arc::clone(store) as _, timeout),
            browsers: browser::protect(Arc::clone(store) as _, timeout),
            auth,
        }
    }
}

#[derive(Clone)]
struct Sound {
    app: Protected,
    browsers: Protected,
    /// Sessions that must still be live when everything has been retried.
    live: Arc<Mutex<Vec<(Kind, String, String)>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Client,
    Browser,
}

impl Sound {
    async fn standing(&self, kind: Kind, access: &str, token: &str) -> Standing {
        match kind {
            Kind::Client => standing(&self.app, access, token).await,
            Kind::Browser => Browser { access: access.into(), refresh: token.into() }.standing(&self.browsers).await,
        }
    }
}

impl Service {
    /// Sends the request while the store has its fault.
    async fn at_fault<T>(&self, request: impl Future<Output = T>) -> T {
        self.faulty.arm(self.after, self.fault);
        let answer = request.await;
        self.faulty.disarm();
        if self.fault == Fault::LateBeforeRetry {
            self.faulty.carry_out_late().await;
        }
        answer
    }

    fn what(&self, endpoint: &str) -> String {
        format!("{endpoint}, call {} {:?}", self.after, self.fault)
    }

    async fn goes_on(&self, what: &str, kind: Kind, access: &str, token: &str) {
        self.faulty.carry_out_late().await;
        match self.sound.standing(kind, access, token).await {
            Standing::Live(access, token) => self.sound.live.lock().unwrap().push((kind, access, token)),
            other => panic!("{}: {other:?}", self.what(what)),
        }
    }

    async fn has_ended(&self, what: &str, kind: Kind, access: &str, token: &str) {
        let standing = self.sound.standing(kind, access, token).await;
        assert_eq!(standing, Standing::Ended, "{}", self.what(what));
    }

    /// The tokens that a request gets must work, and a request that got none must get some when it is sent again.
    async fn is_granted(&self, what: &str, request: impl AsyncFn(&Instance) -> Granted) {
        let (mut status, mut access, mut token) = self.at_fault(request(&self.hasty)).await;
        if status == 503 {
            assert_eq!((access.as_str(), token.as_str()), ("", ""));
            (status, access, token) = request(&self.patient).await;
        }
        assert_eq!(status, 200, "{}", self.what(what));
        assert_eq!(call_with(&self.sound.app, &access).await.0, 200, "{}", self.what(what));
        self.goes_on(what, Kind::Client, &access, &token).await;
    }

    /// Tests a request that ends a session: after `success` the session has ended wholly, after a 503 wholly or not at all. When
    /// the request is sent again, the session ends.
    async fn is_ended(&self, what: &str, success: u16, request: impl AsyncFn(&Instance, &str, &str) -> u16) {
        let (mut access, mut token) = sign_in(&self.sound.app).await;
        let status = self.at_fault(request(&self.hasty, &access, &token)).await;
        assert!(status == success || status == 503, "{}: {status}", self.what(what));
        if status == 503 {
            match self.sound.standing(Kind::Client, &access, &token).await {
                Standing::Live(next_access, next) => (access, token) = (next_access, next),
                Standing::Ended => {}
                Standing::Half => panic!("{}: one of two tokens is good", self.what(what)),
            }
            let again = request(&self.patient, &access, &token).await;
            // The guard refuses a token that has ended.
            assert!(again == success || again == 401, "{}: {again}", self.what(what));
        }
        self.has_ended(what, Kind::Client, &access, &token).await;
        self.faulty.carry_out_late().await;
        self.has_ended(what, Kind::Client, &access, &token).await;
    }
}

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
    // The retries in the background do not end it.
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

// SES-06, REL-03
async fn a_browser_signs_in_again(service: &Service) {
    let name = fresh_name();
    replaces_a_session(service, &name, &name).await;
}

// SES-06, REL-03: two subjects are two documents.
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

// ONE-06: if the sign-in fails, nobody is signed in and the earlier session continues, whatever is retried in the background.
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

/// Tests the endpoint with each fault at each of its store calls. Returns how many calls there were.
async fn each(handles: &Handles, timeout: Duration, sound: &Sound, endpoint: impl AsyncFn(&Service)) -> usize {
    let mut faults = 0;
    for fault in Fault::ALL {
        for after in 0.. {
            let faulty = Arc::new(Faulty::new(Arc::clone(&handles[0])));
            let service = Service {
                hasty: Instance::new(&faulty, timeout),
                patient: Instance::new(&faulty, HANGS),
                sound: sound.clone(),
                faulty,
                after,
                fault,
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
    let in_memory = handles[0].summary_at_once(&jwt_auth::Key::from_bytes(&[0; 17]).expect("a key")).is_some();
    let timeout = if in_memory { Duration::from_millis(20) } else { TIMEOUT };
    let sound = Sound {
        app: protect(&backend(Arc::clone(&handles[1]), HANGS)),
        browsers: browser::protect(Arc::clone(&handles[1]), HANGS),
        live: Arc::default(),
    };
    for store in &handles {
        sign_in(&protect(&backend(Arc::clone(store), HANGS))).await;
    }
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let (handles, sound) = (&handles, &sound);
    let clients = async {
        <[usize; 9]>::from(tokio::join!(
            each(handles, timeout, sound, a_sign_in),
            each(handles, timeout, sound, a_sign_in_in_a_handler),
            each(handles, timeout, sound, a_plain_sign_in),
            each(handles, timeout, sound, a_refresh),
            each(handles, timeout, sound, a_revocation_by_access_token),
            each(handles, timeout, sound, a_revocation_by_refresh_token),
            each(handles, timeout, sound, a_logout),
            each(handles, timeout, sound, a_sign_out_everywhere),
            each(handles, timeout, sound, a_question),
        ))
    };
    let browsers = async {
        <[usize; 4]>::from(tokio::join!(
            each(handles, timeout, sound, a_browser_signs_in_again),
            each(handles, timeout, sound, a_browser_signs_in_as_another_user),
            each(handles, timeout, sound, a_browser_gives_up),
            each(handles, timeout, sound, a_browser_renews),
        ))
    };
    let (of_clients, of_browsers) = tokio::join!(clients, browsers);
    let counts = [&of_clients[..], &of_browsers].concat();
    // Wait until nothing is retried in the background any more.
    let began = Instant::now();
    while tasks() > before {
        assert!(began.elapsed() < HANGS, "{} tasks were {before}", tasks());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let live = std::mem::take(&mut *sound.live.lock().unwrap());
    println!("{} faults ({counts:?}), {} sessions that go on", counts.iter().sum::<usize>(), live.len());
    for (kind, access, token) in live {
        assert!(matches!(sound.standing(kind, &access, &token).await, Standing::Live(..)));
    }
}
