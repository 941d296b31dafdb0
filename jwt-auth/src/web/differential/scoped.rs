//! Random documents: which operations of a router are described, and which scopes they name.

use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem, PathsBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa_axum::router::OpenApiRouter;

use crate::web::differential::random::Random;
use crate::web::differential::reference_guard::Operation;
use crate::web::differential::reference_patterns;
use crate::web::differential::shape::Place;
use crate::web::differential::{SCOPES, subset};

const METHODS: &[(&str, HttpMethod)] = &[
    ("GET", HttpMethod::Get),
    ("HEAD", HttpMethod::Head),
    ("POST", HttpMethod::Post),
    ("DELETE", HttpMethod::Delete),
    ("PUT", HttpMethod::Put),
];

/// Describes some operations of some routes. An open operation has no scopes, because `protect` refuses a document that opens an
/// operation and requires scopes.
pub(crate) fn operations(random: &mut Random, places: &[Place], patterns: &[&'static str]) -> Vec<Operation> {
    let mut operations = Vec::new();
    for place in places {
        let Place::Route(template) = place else { continue };
        for (method, _) in METHODS {
            if random.one_in(3) {
                let is_open = reference_patterns::opens_route(patterns, method, template);
                let scopes = if is_open { 0 } else { random.below(1 << SCOPES.len()) };
                operations.push(Operation { method, template: template.clone(), scopes: subset(scopes) });
            }
        }
    }
    operations
}

/// The router with a document of these operations.
pub(crate) fn described(router: axum::Router, scheme: &str, operations: &[Operation]) -> OpenApiRouter {
    let paths = operations.iter().fold(PathsBuilder::new(), |paths, operation| {
        let (_, method) = METHODS.iter().find(|(name, _)| *name == operation.method).unwrap();
        let mut described = OperationBuilder::new();
        if !operation.scopes.is_empty() {
            described = described.security(SecurityRequirement::new(scheme, operation.scopes.iter().copied()));
        }
        paths.path(operation.template.clone(), PathItem::new(method.clone(), described.build()))
    });
    let mut document = OpenApi::default();
    document.paths = paths.build();
    OpenApiRouter::with_openapi(document).merge(OpenApiRouter::from(router))
}
