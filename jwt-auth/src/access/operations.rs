//! The scopes that the OpenAPI document names for each operation, which the guard enforces.

use std::collections::HashMap;
use std::slice;
use std::sync::{PoisonError, RwLock};

use http::Method;

use crate::access::demand::Demand;
use crate::access::require::RequiredScopes;
use crate::declaration::spec::Spec;
use jwt_auth_grammar::path::{overlaps, without_names};

/// The documented operations with their demands. Empty for a plain `Router`, which has no document.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    /// Keyed by the route template without the names of its parameters.
    by_template: HashMap<String, Vec<DocumentedOperation>>,
}

/// One operation of the document.
#[derive(Debug)]
#[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only an `OpenApiRouter` has a document"))]
pub(crate) struct DocumentedOperation {
    method: String,
    /// The scopes that the document names.
    pub(crate) demand: Demand,
    /// Whether the handler's arguments are known. If so, a required scope that is not documented must come from a layer
    /// or from another extractor, not from an argument.
    pub(crate) has_noted_arguments: bool,
    /// The extractors that a warning has already named.
    warned_of: RwLock<Vec<&'static str>>,
}

impl Operations {
    #[cfg(feature = "openapi")]
    pub(crate) fn insert(&mut self, template: &str, operation: DocumentedOperation) {
        let template = without_names(template).into_owned();
        self.by_template.entry(template).or_default().push(operation);
    }

    /// The operations whose demands a request must meet: its own operation, or all of the route if the document does
    /// not describe the method. Empty if the document does not describe the route.
    pub(crate) fn applying(&self, method: &Method, template: &str) -> &[DocumentedOperation] {
        let operations = self.of_route(template);
        find(operations, method).map_or(operations, slice::from_ref)
    }

    /// Whether no operation is documented, for example because there is no document.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_template.is_empty()
    }

    /// For every route that may match the path, the operations whose demands a request must meet.
    pub(crate) fn reached_by<'o>(
        &'o self,
        method: &Method,
        path: &str,
    ) -> impl Iterator<Item = &'o [DocumentedOperation]> {
        let reached = self.by_template.iter().filter(move |(template, _)| overlaps(template, path));
        reached.map(|(_, operations)| find(operations, method).map_or(operations.as_slice(), slice::from_ref))
    }

    /// The operations of every route.
    pub(crate) fn all(&self) -> impl Iterator<Item = &[DocumentedOperation]> {
        self.by_template.values().map(Vec::as_slice)
    }

    /// The operation, if it is documented. HEAD falls back to GET.
    pub(crate) fn get(&self, method: &Method, template: &str) -> Option<&DocumentedOperation> {
        find(self.of_route(template), method)
    }

    fn of_route(&self, template: &str) -> &[DocumentedOperation] {
        if self.by_template.is_empty() {
            return &[];
        }
        self.by_template.get(&*without_names(template)).map(Vec::as_slice).unwrap_or_default()
    }
}

fn find<'o>(operations: &'o [DocumentedOperation], method: &Method) -> Option<&'o DocumentedOperation> {
    let of = |name: &str| operations.iter().find(|operation| operation.method == name);
    let own = of(method.as_str());
    if *method == Method::HEAD { own.or_else(|| of("GET")) } else { own }
}

impl DocumentedOperation {
    #[cfg(feature = "openapi")]
    pub(crate) fn new(method: &str, demand: Demand, has_noted_arguments: bool) -> Self {
        Self { method: method.to_owned(), demand, has_noted_arguments, warned_of: RwLock::default() }
    }

    /// Whether the document demands everything that an extractor requires.
    pub(crate) fn shows(&self, required: RequiredScopes, spec: &Spec) -> bool {
        self.demand.guarantees(required, spec)
    }

    /// Warns, once for each extractor, that it requires a scope that the document does not show.
    pub(crate) fn warn_of_undocumented(&self, route: &str, extractor: &'static str, required: RequiredScopes) {
        let warned_of = self.warned_of.read().unwrap_or_else(PoisonError::into_inner).contains(&extractor);
        if warned_of {
            return;
        }
        let mut warned_of = self.warned_of.write().unwrap_or_else(PoisonError::into_inner);
        if !warned_of.contains(&extractor) {
            warned_of.push(extractor);
            tracing::warn!(
                target: "jwt_auth",
                method = self.method,
                route,
                "a layer or another extractor requires the scope `{required}`, but the document does not show it; instead of the layer write `router.{}`, with `use jwt_auth::openapi::RequireScopes`",
                required.router_method(),
            );
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[cfg(feature = "openapi")]
    pub(crate) mod documented {
        use super::*;
        use crate::access::demand::Declared;
        use crate::declaration::scope::{Scope, ScopeSpec};

        enum AnyScope {}

        impl Scope for AnyScope {
            const NAME: &'static str = "";
        }

        const fn scope(name: &'static str) -> ScopeSpec {
            ScopeSpec { name, ..ScopeSpec::of::<AnyScope>("") }
        }

        pub(crate) const SPEC: Spec =
            Spec::bearer("Auth").scopes(const { &[scope("read"), scope("write"), scope("b")] });

        /// An operation that demands these scopes.
        pub(crate) fn operation(method: &str, scopes: &str) -> DocumentedOperation {
            let set = scopes.split_whitespace().filter_map(|name| Declared::find(&SPEC, |scope| scope.name == name));
            DocumentedOperation::new(method, Demand::one_of([set.collect()]), false)
        }

        fn operations(all: &[(&str, &str, &str)]) -> Operations {
            let mut operations = Operations::default();
            for (method, template, scopes) in all {
                operations.insert(template, operation(method, scopes));
            }
            operations
        }

        fn demanded(operations: &Operations, method: &Method, template: &str) -> Vec<String> {
            operations.applying(method, template).iter().map(|operation| operation.demand.to_string()).collect()
        }

        #[test]
        fn the_demand_of_an_operation_is_found_and_head_follows_get() {
            let operations = operations(&[
                ("GET", "/a/{id}", "read"),
                ("PUT", "/a/{id}", "write"),
                ("HEAD", "/b", "b"),
                ("GET", "/b", ""),
            ]);
            let demanded = |method, template| demanded(&operations, &method, template);
            assert_eq!(demanded(Method::GET, "/a/{other}"), ["read"]);
            assert_eq!(demanded(Method::HEAD, "/a/{id}"), ["read"]);
            assert_eq!(demanded(Method::PUT, "/a/{id}"), ["write"]);
            assert_eq!(
                (demanded(Method::HEAD, "/b"), demanded(Method::GET, "/b")),
                (vec!["b".into()], vec!["".into()])
            );
            assert!(operations.get(&Method::POST, "/a/{id}").is_none() && operations.get(&Method::GET, "/c").is_none());
        }

        // ONE-08
        #[test]
        fn a_method_that_is_not_documented_needs_what_the_documented_ones_need() {
            let operations = operations(&[("GET", "/a", "read"), ("PUT", "/a", "write"), ("PUT", "/b", "b")]);
            assert_eq!(demanded(&operations, &Method::POST, "/a"), ["read", "write"]);
            assert_eq!(demanded(&operations, &Method::HEAD, "/b"), ["b"]);
            assert!(demanded(&operations, &Method::POST, "/c").is_empty());
        }
    }
}
