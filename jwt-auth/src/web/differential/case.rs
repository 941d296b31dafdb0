//! One test case, made from a seed: a guarded router with outer layers, on its own and below other routers, and requests to it.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tower::Service;

use crate::hooks::AuthBackend;
use crate::web::differential::coverage::{Counts, Coverage, Credential, Outcome};
#[cfg(feature = "openapi")]
use crate::web::differential::exclude;
use crate::web::differential::mounts::{self, Mounts};
use crate::web::differential::random::Random;
use crate::web::differential::reference_guard::{Operation, ReferenceGuard, Verdict};
#[cfg(feature = "openapi")]
use crate::web::differential::scoped;
use crate::web::differential::shape::{self, Place, Shape};
use crate::web::differential::target;
use crate::web::differential::{Protected, answer, backend, layers, ran};
#[cfg(feature = "openapi")]
use crate::web::protect_error::ProtectError;

struct Guarded {
    places: Vec<Place>,
    patterns: Vec<&'static str>,
    operations: Vec<Operation>,
    protected: Protected,
    /// The same router without a guard.
    router: Router,
}

/// Draws a router, an exclude list and, most often, a document.
fn draw_guarded<A: AuthBackend>(random: &mut Random, auth: A) -> Guarded {
    let Shape { router, places } = shape::router(random);
    let patterns = shape::patterns(random, &places);
    #[cfg(feature = "openapi")]
    if !random.one_in(4) {
        return documented(random, auth, router, places, patterns);
    }
    let protected = backend(auth, &patterns).protect(router.clone()).unwrap();
    Guarded { places, patterns, operations: Vec::new(), protected, router }
}

#[cfg(feature = "openapi")]
fn documented<A: AuthBackend>(
    random: &mut Random,
    auth: A,
    router: Router,
    places: Vec<Place>,
    mut patterns: Vec<&'static str>,
) -> Guarded {
    let operations = scoped::operations(random, &places, &patterns);
    let mut auth = backend(auth, &patterns);
    loop {
        match auth.protect(scoped::described(router.clone(), A::SPEC.scheme_name, &operations)) {
            Ok((protected, _)) => return Guarded { places, patterns, operations, protected, router },
            // The pattern opens no route of this router, so it is left out.
            Err(ProtectError::DeadPattern { pattern, .. }) => patterns.retain(|known| *known != pattern),
            Err(error) => panic!("{error}"),
        }
        exclude(&mut auth, &patterns);
    }
}

/// A request, and the number of the handler that it would reach without a guard.
#[derive(Clone, Copy)]
struct SentRequest<'c> {
    method: &'c str,
    target: &'c str,
    credential: Credential,
    header: Option<&'c str>,
    reached: Option<usize>,
}

/// Sends the request, and compares the answer with the verdict of the reference guard.
async fn check<S>(service: &S, sent: SentRequest<'_>, verdict: &Verdict, counts: &mut Counts) -> Result<Outcome, String>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    let SentRequest { method, target, credential, header, reached } = sent;
    let (ran, status) = answer(service, method, target, header).await;
    let outcome = Outcome::of(verdict, credential);
    if ran.is_some_and(|ran| Some(ran) != reached) || !outcome.is(status, ran.is_some()) {
        return Err(format!(
            "{method} {target}, {credential:?}: {status} of {ran:?}, not {reached:?}, {outcome:?}, {verdict:?}"
        ));
    }
    *counts.entry(outcome).or_default() += 1;
    Ok(outcome)
}

/// Runs one case. `own` are tokens of this backend, `foreign` are tokens of the other one.
pub(crate) async fn case<A: AuthBackend>(
    seed: u64,
    auth: A,
    own: &[String],
    foreign: &[String],
    coverage: &mut Coverage,
) {
    let mut random = Random::new(seed);
    let Guarded { places, patterns, operations, protected, router } = draw_guarded(&mut random, auth);
    let changes = layers::changes(&mut random, &places, &patterns).await;
    let (layered, unguarded) = layers::layered(&changes, protected.clone(), router.clone());
    let mounts = Mounts::draw(&mut random);
    let (below, prefix) = (mounts.around(layered.clone()), mounts.prefix());
    let unguarded_below = mounts.around(mounts::without_outer_template(unguarded));
    let case_text = || format!("seed {seed}, {patterns:?}, {operations:?}, {changes:?}, {mounts:?}");
    for _ in 0..40 {
        let (method, credential) = (target::method(&mut random), Credential::draw(&mut random));
        let target = target::target(&mut random, &places, &patterns);
        let Ok(uri) = target.parse::<http::Uri>() else { continue };
        coverage.triples += 1;
        let header = match credential {
            Credential::None => None,
            Credential::Own(bits) => Some(own[bits].as_str()),
            Credential::Foreign(bits) => Some(foreign[bits].as_str()),
        };
        let reached = ran(&router, method, &target).await;
        let below_target = format!("{prefix}{target}");
        let reached_below = match below_target.parse::<http::Uri>() {
            // axum removes one of two slashes after a prefix, so a target with two slashes would reach the router as another one.
            Ok(_) if target.starts_with('/') && !target.starts_with("//") => {
                ran(&unguarded_below, method, &below_target).await
            }
            _ => None,
        };
        let Some(number) = reached else {
            let ran = [ran(&protected, method, &target).await, ran(&layered, method, &target).await, reached_below];
            assert_eq!(ran, [None; 3], "{method} {target}; {}", case_text());
            continue;
        };
        let verdict = |changes, is_below| {
            let reference =
                ReferenceGuard { place: &places[number], patterns: &patterns, operations: &operations, changes };
            reference.verdict(method, uri.path(), is_below)
        };

        let is_open = verdict(&[][..], false).is_open;
        let runs = ran(&protected, method, &target).await;
        assert_eq!(
            runs,
            is_open.then_some(number),
            "{method} {target} without a credential, to the handler at {:?}; {}",
            places[number],
            case_text()
        );
        *(if is_open { &mut coverage.opened } else { &mut coverage.closed }) += 1;

        let sent = SentRequest { method, target: &target, credential, header, reached };
        let made = verdict(&changes, false);
        match check(&layered, sent, &made, &mut coverage.layered).await {
            Ok(outcome) if made.is_of_changed => *coverage.changed.entry(outcome).or_default() += 1,
            Ok(_) => {}
            Err(wrong) => panic!("{wrong} at {:?}; {}", places[number], case_text()),
        }

        if reached_below.is_some() {
            assert_eq!(reached_below, reached, "{below_target}; {}", case_text());
            let sent = SentRequest { target: &below_target, reached: reached_below, ..sent };
            let (made, mut beside) = (verdict(&changes, !prefix.is_empty()), Counts::new());
            let counts = if prefix.is_empty() { &mut beside } else { &mut coverage.mounted };
            if let Err(wrong) = check(&below, sent, &made, counts).await {
                panic!("{wrong} below, at {:?}; {}", places[number], case_text());
            }
        }
    }
}
