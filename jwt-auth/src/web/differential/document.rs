//! The same test for the document: an operation's `security` is `[]` exactly if a call without a credential reaches its handler.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem, PathsBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::web::differential::random::Random;
use crate::web::differential::shape::{Place, RAN, nested, patterns, template};
use crate::web::differential::{Auth, backend, ran, reference_patterns, triples};
use crate::web::protect_error::ProtectError;

const METHODS: &[(&str, HttpMethod, axum::routing::MethodFilter)] = &[
    ("GET", HttpMethod::Get, axum::routing::MethodFilter::GET),
    ("POST", HttpMethod::Post, axum::routing::MethodFilter::POST),
    ("DELETE", HttpMethod::Delete, axum::routing::MethodFilter::DELETE),
    ("OPTIONS", HttpMethod::Options, axum::routing::MethodFilter::OPTIONS),
];

/// An operation: its method, and its template with every prefix.
type Documented = (&'static str, String);

fn part(random: &mut Random, prefix: &str, depth: usize, all: &mut Vec<Documented>) -> OpenApiRouter {
    let mut router = OpenApiRouter::new();
    let mut taken = matchit::Router::new();
    for index in 0..1 + random.below(4) {
        if depth < 2 && random.one_in(4) {
            let below = format!("/n{index}{}", template(random, true));
            let inner = part(random, &format!("{prefix}{below}"), depth + 1, all);
            router = router.nest(&below, inner);
            continue;
        }
        let path = template(random, false);
        // A path that is not valid in OpenAPI is not documented.
        if path.contains("{{")
            || path.contains("{q}")
            || path.contains("b{*r}")
            || taken.insert(path.clone(), ()).is_err()
        {
            continue;
        }
        let (method, documented, filter) = &METHODS[random.below(METHODS.len())];
        let number = all.len();
        all.push((*method, nested(prefix, &path)));
        let operation = OperationBuilder::new().operation_id(Some(number.to_string()));
        let paths = PathsBuilder::new().path(path, PathItem::new(documented.clone(), operation)).build();
        let answer = move || async move { [(RAN, number.to_string())] };
        let one = OpenApiRouter::new().routes((Vec::new(), paths, axum::routing::on(*filter, answer)));
        router = if random.one_in(3) { router.merge(one) } else { router.merge(OpenApiRouter::new().merge(one)) };
    }
    router
}

async fn case(seed: u64) -> (usize, usize) {
    let mut random = Random::new(seed);
    let mut all = Vec::new();
    let router = part(&mut random, "", 0, &mut all);
    let places: Vec<Place> = all.iter().map(|(_, template)| Place::Route(template.clone())).collect();
    let mut patterns = patterns(&mut random, &places);
    let (protected, document) = loop {
        match backend(Auth, &patterns).protect(router.clone()) {
            Ok(protected) => break protected,
            Err(ProtectError::DeadPattern { pattern, .. }) => {
                let opens =
                    |(method, template): &Documented| reference_patterns::opens_route(&[&pattern], method, template);
                assert!(!all.iter().any(opens), "seed {seed}: {pattern} opens a route and is refused as dead");
                patterns.retain(|known| *known != pattern);
            }
            Err(error) => panic!("seed {seed}: {error}"),
        }
    };
    for pattern in &patterns {
        let opens = |(method, template): &Documented| reference_patterns::opens_route(&[pattern], method, template);
        let is_of_any_method = !all.iter().any(opens);
        assert!(!is_of_any_method || pattern.contains(' '), "seed {seed}: {pattern} is dead and is not refused");
    }
    let document = serde_json::to_value(document).unwrap();
    let (mut open, mut locked) = (0, 0);
    for operation in document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
    {
        let number: usize = operation["operationId"].as_str().unwrap().parse().unwrap();
        let (method, template) = &all[number];
        let says_open = operation["security"] == serde_json::json!([]);
        for path in reference_patterns::examples(template) {
            let reached = ran(&protected, method, &path).await;
            assert_eq!(
                reached,
                says_open.then_some(number),
                "seed {seed}: {method} {template} at {path} with {patterns:?}"
            );
        }
        assert_eq!(says_open, operation["responses"].get("401").is_none(), "seed {seed}");
        *(if says_open { &mut open } else { &mut locked }) += 1;
    }
    assert_eq!(open + locked, all.len(), "seed {seed}");
    (open, locked)
}

// EXC-05
#[tokio::test]
async fn an_operation_is_open_in_the_document_exactly_if_a_call_without_a_credential_reaches_it() {
    let (mut open, mut locked) = (0, 0);
    for seed in 0..triples() as u64 / 50 {
        let counts = case(seed).await;
        open += counts.0;
        locked += counts.1;
    }
    println!("{open} open operations, {locked} locked");
    assert!(open > 100 && locked > 1_000, "{open} {locked}");
}
