//! tower-oauth2-resource-server with a static JWK Set, over jsonwebtoken 11.

use axum::routing::get;
use axum::{Extension, Router};
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;
use tower_oauth2_resource_server::validation::ClaimsValidationSpec;

use super::Service;
use crate::material::{AUDIENCE, Claims, ISSUER, Material};
use crate::measure::wait;

pub fn service(material: &Material) -> Service {
    // It requires each claim that it checks, and so `nbf` if that is on.
    let checks = ClaimsValidationSpec::new().exp(true).iss(ISSUER).aud(&vec![AUDIENCE.to_owned()]);
    let tenant = TenantConfiguration::static_builder(material.jwks.as_str())
        .claims_validation(checks)
        .allowed_algorithms(&[material.algorithm.parse()])
        .build()
        .unwrap();
    let server = wait(<OAuth2ResourceServer<Claims>>::builder().add_tenant(tenant).build()).unwrap();
    let me = |Extension(claims): Extension<Claims>| async { claims.sub };
    Service::new(Router::new().route("/me", get(me)).with_state::<()>(()).layer(server.into_layer()))
}
