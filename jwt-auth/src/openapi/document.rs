//! Writes into every operation of the document what the guard does with it.

use axum::Router;
use http::{Method, StatusCode};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr, Server};
use utoipa_axum::router::OpenApiRouter;

use crate::access::operations::{DocumentedOperation, Operations};
use crate::backend::Backend;
use crate::backend::Mode;
use crate::cause::Cause;
use crate::declaration::spec::Spec;
use crate::hooks::AuthBackend;
use crate::openapi::note::ForeignScope;
use crate::openapi::note::operations_mut;
use crate::openapi::own_security::OwnSecurity;
use crate::openapi::refusals::Refusals;
use crate::openapi::scheme::Schemes;
use crate::openapi::{endpoint_operations, note};
use crate::web::access_map::{Access, AccessMap};
use crate::web::guard::Guard;
use crate::web::protect::{Protectable, pattern_rows, with_endpoints};
use crate::web::protect_error::ProtectError;
use crate::web::protected::Protected;
use crate::web::rejection_response::is_rendered;
use crate::web::routes::Routes;

impl Protectable for OpenApiRouter {
    type Protected = (Protected, OpenApi);

    fn protect_with<A: AuthBackend, M: Mode>(self, backend: &Backend<A, M>) -> Result<Self::Protected, ProtectError> {
        let (router, mut document): (Router, OpenApi) = self.split_for_parts();
        let spec = A::SPEC;
        let router = with_endpoints(router, backend)?;
        endpoint_operations::add(&mut document, backend);
        let prefix = &backend.stages.public_prefix;
        if document.servers.is_none() && !prefix.is_empty() {
            // The paths of the document are those of the routes, so the prefix is that of the server.
            document.servers = Some(vec![Server::new(prefix)]);
        }
        let routes = Routes::read(&router);
        let schemes = Schemes::of::<A, M>(&backend.stages);
        schemes.add_to(document.components.get_or_insert_default())?;
        let are_rendered = is_rendered(&backend.stages.presentation);
        let refusals = Refusals { by_cookie: spec.cookie.is_some(), are_rendered };
        let mut written =
            Written { spec: &spec, schemes, refusals, operations: Operations::default(), rows: Vec::new() };
        let paths = std::mem::take(&mut document.paths.paths);
        // utoipa-axum registers the path `""` as `/`, and axum matches `/`.
        let paths = paths.into_iter().map(|(path, item)| (if path.is_empty() { "/".to_owned() } else { path }, item));
        document.paths.paths = paths.collect();
        for (path, item) in &mut document.paths.paths {
            if let Some(routes) = &routes
                && !routes.have_template(path)
            {
                return Err(ProtectError::NoRoute { path: path.clone() });
            }
            for (method, operation) in operations_mut(item) {
                let is_open = Method::from_bytes(method.as_bytes())
                    .is_ok_and(|method| backend.stages.exclude.covers_template(&method, path));
                written.write::<A>(&method, path, operation, is_open)?;
                describe_responses(operation);
            }
        }
        endpoint_operations::add_clients(&mut document, backend)?;
        no_pattern_is_dead(backend, &written.rows, routes.as_ref())?;
        let patterns = backend.stages.exclude.patterns().iter().flat_map(pattern_rows);
        let map = AccessMap::new(written.rows.into_iter().chain(patterns));
        let paths = std::mem::take(&mut document.paths.paths);
        document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
        let json = document.to_json().map_err(|error| ProtectError::Document(Cause::new(error)))?;
        let guard = Guard::new(backend).with_document(written.operations, json.into());
        Ok((Protected::new(router, guard, map, routes), document))
    }
}

/// Refuses a pattern that opens no route: most likely a route was renamed, or the pattern has a typing mistake.
fn no_pattern_is_dead<A: AuthBackend, M>(
    backend: &Backend<A, M>,
    operations: &[(String, String, Access)],
    routes: Option<&Routes>,
) -> Result<(), ProtectError> {
    for pattern in backend.stages.exclude.patterns() {
        let covers = |(method, path, _): &(String, String, Access)| pattern.covers_template(method, path);
        let is_endpoint = A::SPEC.endpoints().any(|(_, path)| path == pattern.path);
        if !is_endpoint
            && !operations.iter().any(covers)
            && routes.is_some_and(|routes| !routes.are_reached_by(pattern))
        {
            let templates = routes.iter().flat_map(|routes| &routes.templates).map(|template| template.path.as_str());
            let near = templates.filter(|template| pattern.overlaps(template)).map(str::to_owned).collect();
            return Err(ProtectError::DeadPattern { pattern: pattern.to_string(), near });
        }
    }
    Ok(())
}

/// Describes a response by the phrase of its status if its description is empty. OpenAPI 3.1 requires a description, and
/// utoipa leaves an empty one out.
fn describe_responses(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            let status = StatusCode::from_bytes(status.as_bytes()).ok();
            response.description = status.and_then(|status| status.canonical_reason()).unwrap_or("Response").to_owned();
        }
    }
}

/// The results of the walk over all operations.
struct Written<'s> {
    spec: &'s Spec,
    schemes: Schemes,
    refusals: Refusals,
    operations: Operations,
    rows: Vec<(String, String, Access)>,
}

impl Written<'_> {
    fn write<A: AuthBackend>(
        &mut self,
        method: &str,
        path: &str,
        operation: &mut Operation,
        is_open: bool,
    ) -> Result<(), ProtectError> {
        let name = format!("{method} {path}");
        let noted = note::take_noted::<A>(operation)
            .map_err(|ForeignScope(scope)| ProtectError::ForeignScope { operation: name.clone(), scope })?;
        let own = OwnSecurity::read(operation, self.spec, &self.schemes, &name)?;
        let demand = noted.demand.and(&own.demand);
        let access = match (is_open, own.is_open) {
            (true, Some(false)) => return Err(ProtectError::OpenButLocked { operation: name }),
            (true, _) if noted.user => return Err(ProtectError::OpenButLocked { operation: name }),
            (false, Some(true)) => return Err(ProtectError::LockedButOpen { operation: name }),
            (true, _) => {
                operation.security = Some(Vec::new());
                if noted.optional_user {
                    self.refusals.add(method, operation, false);
                }
                Access::Open
            }
            (false, _) => {
                let shown = demand.spelled_out(self.spec);
                operation.security = Some(self.schemes.requirements(&shown));
                self.refusals.add(method, operation, !shown.is_nothing());
                if shown.is_nothing() { Access::User } else { Access::Scopes(shown) }
            }
        };
        self.operations.insert(path, DocumentedOperation::new(method, demand, noted.has_arguments));
        self.rows.push((method.to_owned(), path.to_owned(), access));
        Ok(())
    }
}
