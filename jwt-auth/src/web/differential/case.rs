//! One seed: a guarded router behind layers, on its own and below other routers, and requests to it.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tower::Service;

use crate::hooks::AuthBackend;
#[cfg(feature = "openapi")]
use crate::web::differential::exclude;
use crate::web::differential::judge::{Judge, Operation, Verdict};
use crate::web::differential::mounts::{self, Mounts};
use crate::web::differential::random::Random;
#[cfg(feature = "openapi")]
use crate::web::differential::scoped;
use crate::web::differential::shape::{self, Place, Shape};
use crate::web::differential::target;
use crate::web::differential::tried::{Counts, Credential, Outcome, Tried};
use crate::web::differential::{Protected, answer, backend, layers, ran};
#[cfg(feature = "openapi")]
use crate::web::protect_error::ProtectError;

struct Guarded {
    places: Vec<Place>,
    patterns: Vec<&'static str>,
    operations: Vec<Operation>,
    protected: Protected,
    /// The same without a guard.
    router: Router,
}

/// Draws a router, a list and, for some, a document.
fn catch_panic<A: AuthBackend>(random: &mut Random, auth: A) -> Guarded {
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
            // It opens nothing here.
            Err(ProtectError::DeadPattern { pattern, .. }) => patterns.retain(|known| *known != pattern),
            Err(error) => panic!("{error}"),
        }
        exclude(&mut auth, &patterns);
    }
}

/// A request, and which handler it would reach without a guard.
#[derive(Clone, Copy)]
struct Asked<'c> {
    method: &'c str,
    target: &'c str,
    credential: Credential,
    header: Option<&'c str>,
    reached: Option<usize>,
}

/// Sends the request, and holds the answer to the verdict.
async fn check<S>(service: &S, asked: Asked<'_>, verdict: &Verdict, counts: &mut Counts) -> Result<Outcome, String>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    let Asked { method, target, credential, header, reached } = asked;
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

/// `own` and `foreign` are tokens of this backend and of the other one.
pub(crate) async fn case<A: AuthBackend>(seed: u64, auth: A, own: &[String], foreign: &[String], tried: &mut Tried) {
    let mut random = Random::new(seed);
    let Guarded { places, patterns, operations, protected, router } = catch_panic(&mut random, auth);
    let changes = layers::changes(&mut random, &places, &patterns).await;
    let (layered, unguarded) = layers::layered(&changes, protected.clone(), router.clone());
    let mounts = Mounts::draw(&mut random);
    let (below, prefix) = (mounts.around(layered.clone()), mounts.prefix());
    let unguarded_below = mounts.around(mounts::without_outer_template(unguarded));
    let told = || format!("seed {seed}, {patterns:?}, {operations:?}, {changes:?}, {mounts:?}");
    for _ in 0..40 {
        let (method, credential) = (target::method(&mut random), Credential::draw(&mut random));
        let target = target::target(&mut random, &places, &patterns);
        let Ok(uri) = target.parse::<http::Uri>() else { continue };
        tried.triples += 1;
        let header = match credential {
            Credential::None => None,
            Credential::Own(bits) => Some(own[bits].as_str()),
            Credential::Foreign(bits) => Some(foreign[bits].as_str()),
        };
        let reached = ran(&router, method, &target).await;
        let below_target = format!("{prefix}{target}");
        let reached_below = match below_target.parse::<http::Uri>() {
            // Of two slashes behind a prefix axum takes one away.
            Ok(_) if target.starts_with('/') && !target.starts_with("//") => {
                ran(&unguarded_below, method, &below_target).await
            }
            _ => None,
        };
        let Some(number) = reached else {
            let ran = [ran(&protected, method, &target).await, ran(&layered, method, &target).await, reached_below];
            assert_eq!(ran, [None; 3], "{method} {target}; {}", told());
            continue;
        };
        let verdict = |changes, is_below| {
            let judge = Judge { place: &places[number], patterns: &patterns, operations: &operations, changes };
            judge.verdict(method, uri.path(), is_below)
        };

        let is_open = verdict(&[][..], false).is_open;
        let runs = ran(&protected, method, &target).await;
        assert_eq!(
            runs,
            is_open.then_some(number),
            "{method} {target} by a stranger at {:?}; {}",
            places[number],
            told()
        );
        *(if is_open { &mut tried.opened } else { &mut tried.closed }) += 1;

        let asked = Asked { method, target: &target, credential, header, reached };
        let made = verdict(&changes, false);
        match check(&layered, asked, &made, &mut tried.layered).await {
            Ok(outcome) if made.is_of_changed => *tried.changed.entry(outcome).or_default() += 1,
            Ok(_) => {}
            Err(wrong) => panic!("{wrong} at {:?}; {}", places[number], told()),
        }

        if reached_below.is_some() {
            assert_eq!(reached_below, reached, "{below_target}; {}", told());
            let asked = Asked { target: &below_target, reached: reached_below, ..asked };
            let (made, mut beside) = (verdict(&changes, !prefix.is_empty()), Counts::new());
            let counts = if prefix.is_empty() { &mut beside } else { &mut tried.mounted };
            if let Err(wrong) = check(&below, asked, &made, counts).await {
                panic!("{wrong} below, at {:?}; {}", places[number], told());
            }
        }
    }
}
