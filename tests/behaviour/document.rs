//! The OpenAPI document says what the guard does.

use axum::Router;
use axum::routing::get;
use jwt_auth::{AuthBackend, Builder, Token, auth_backend, oauth2::TokenResponse, openapi, routes};
use jwt_auth_tests::call;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{self, User, ready, request};

#[auth_backend(kind = "cookie", user = User, cookie(name = "__Secure-t", path = "/app"), header = "Authorization", scheme_name = "Session", description = "Sign in", exclude = ["/files/{*rest}", "GET /a/{id}"])]
struct Session;

fn document<A: AuthBackend>(builder: Builder<A>, router: OpenApiRouter) -> Value {
    serde_json::to_value(ready(builder).protect(fixture::with_open_routes(router)).unwrap().1).unwrap()
}

fn schemes<A: AuthBackend>(builder: Builder<A>) -> Value {
    document(builder, OpenApiRouter::new())["components"]["securitySchemes"].clone()
}

#[test]
fn a_bearer_backend_is_an_http_scheme() {
    let expected = json!({ "Bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "JWT api-key authentication and authorization." } });
    assert_eq!(schemes(fixture::Bearer.backend()), expected);
}

#[test]
fn a_custom_header_is_an_api_key() {
    let scheme = &schemes(fixture::ApiKey.backend())["ApiKey"];
    assert_eq!(
        (&scheme["type"], &scheme["in"], &scheme["name"]),
        (&json!("apiKey"), &json!("header"), &json!("X-API-Key"))
    );
}

#[test]
fn a_cookie_backend_is_an_api_key_in_a_cookie() {
    let expected = json!({ "Cookie": { "type": "apiKey", "in": "cookie", "name": "__Host-token", "description": "JWT cookie-based authentication and authorization." } });
    assert_eq!(schemes(fixture::Cookie.backend()), expected);
}

#[test]
fn an_oauth2_backend_is_the_password_flow_or_the_cookie() {
    let schemes = schemes(fixture::OAuth2.backend());
    let flows = json!({ "password": { "tokenUrl": "/login", "scopes": { "read": "Read", "write": "Write" } } });
    assert_eq!((&schemes["OAuth2"]["type"], &schemes["OAuth2"]["flows"]), (&json!("oauth2"), &flows));
    assert_eq!(
        (&schemes["OAuth2Cookie"]["in"], &schemes["OAuth2Cookie"]["name"]),
        (&json!("cookie"), &json!("__Host-token"))
    );
}

#[test]
fn name_and_description_come_from_the_declaration() {
    let schemes = schemes(Session.backend());
    assert_eq!(
        (&schemes["Session"]["name"], &schemes["Session"]["description"]),
        (&json!("__Secure-t"), &json!("Sign in"))
    );
    assert_eq!(schemes["SessionHeader"]["scheme"], "bearer");
}

#[utoipa::path(get, path = "/a/{id}")]
async fn read(_: Option<User>) {}

#[utoipa::path(put, path = "/a/{id}", responses((status = 200), (status = 401, description = "mine")))]
async fn change(_: User) {}

#[utoipa::path(get, path = "/b")]
async fn other(_: Token) {}

#[utoipa::path(get, path = "/files/{*rest}", params(("rest" = String, Path)))]
async fn file() {}

fn router() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(read, change))
        .routes(routes!(file))
        .nest("/n", OpenApiRouter::new().routes(routes!(other)))
}

#[test]
fn each_operation_states_its_security() {
    let paths = document(Session.backend(), router())["paths"].clone();
    assert_eq!(paths["/a/{id}"]["get"]["security"], json!([]));
    let both = json!([{ "Session": [] }, { "SessionHeader": [] }]);
    assert_eq!(paths["/a/{id}"]["put"]["security"], both);
    assert_eq!(paths["/n/b"]["get"]["security"], both);
}

#[test]
fn refusals_are_documented_where_they_can_happen() {
    let paths = document(Session.backend(), router())["paths"].clone();
    let responses = |path: &str, method: &str| paths[path][method]["responses"].clone();
    let statuses = |path: &str, method: &str| {
        responses(path, method).as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(statuses("/files/{rest}", "get"), "", "nobody asks for a user");
    assert_eq!(statuses("/a/{id}", "get"), "400 401 500 503", "an open route that does refuses a bad token");
    assert_eq!(statuses("/n/b", "get"), "400 401 500 503");
    assert_eq!(statuses("/a/{id}", "put"), "200 400 401 403 500 503");
    for status in ["400", "401", "500", "503"] {
        assert!(responses("/n/b", "get")[status]["content"]["application/problem+json"].is_object());
    }
    for (status, header) in [("400", "WWW-Authenticate"), ("401", "WWW-Authenticate"), ("503", "Retry-After")] {
        assert!(responses("/n/b", "get")[status]["headers"][header].is_object());
    }
    let own = &responses("/a/{id}", "put")["401"];
    assert_eq!(own["description"], "mine", "what the user wrote stays");
    assert!(own["content"]["application/problem+json"].is_object(), "and what it does not say is added");
}

#[test]
fn an_application_describes_the_refusals_that_it_renders_itself() {
    let builder = Session.backend().rejection_response(|rejection, _| (rejection.status(), "<p>no</p>"));
    let refused = &document(builder, router())["paths"]["/n/b"]["get"]["responses"]["401"];
    assert_eq!(*refused, json!({ "description": "this route needs an access token" }));
}

#[test]
fn every_response_has_the_description_that_openapi_requires() {
    assert_eq!(
        document(Session.backend(), router())["paths"]["/a/{id}"]["put"]["responses"]["200"]["description"],
        "OK"
    );
}

#[test]
fn a_wildcard_is_a_parameter_in_the_document() {
    let paths = document(Session.backend(), router())["paths"].clone();
    assert!(paths.get("/files/{rest}").is_some() && paths.get("/files/{*rest}").is_none());
}

#[tokio::test]
async fn an_anonymous_call_reaches_a_handler_only_if_the_documented_security_is_empty() {
    let (app, document) = ready(Session.backend()).protect(router()).unwrap();
    let paths = serde_json::to_value(document).unwrap()["paths"].clone();
    let mut seen = 0;
    for (path, item) in paths.as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let target = path.replace("{id}", "1").replace("{rest}", "a/b");
            let status = call(&app, request(&method.to_uppercase(), &target, &[])).await.status;
            assert_eq!(status == 200, operation["security"] == json!([]), "{method} {path}: {status}");
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
}

#[auth_backend(kind = "bearer", user = User, exclude = ["/schema"])]
struct Serving;

#[tokio::test]
async fn the_document_is_served_from_within() {
    let router = OpenApiRouter::new().routes(routes!(other)).route("/schema", get(openapi::serve_document));
    let (app, document) = ready(Serving.backend()).protect(router).unwrap();
    let answer = call(&app, request("GET", "/schema", &[])).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.json(), serde_json::to_value(document).unwrap());
}

#[tokio::test]
async fn a_plain_router_has_no_document_to_serve() {
    let router = Router::new().route("/schema", get(openapi::serve_document));
    let app = ready(Serving.backend()).protect(router).unwrap();
    assert_eq!(call(&app, request("GET", "/schema", &[])).await.status, 500);
}

#[utoipa::path(post, path = "/login", responses((status = 200, body = TokenResponse)))]
async fn login() {}

#[test]
fn the_token_endpoint_is_open_and_its_answer_has_a_schema() {
    let document = document(fixture::OAuth2.backend(), OpenApiRouter::new().routes(routes!(login)));
    assert_eq!(document["paths"]["/login"]["post"]["security"], json!([]));
    let schema = &document["components"]["schemas"]["TokenResponse"];
    assert_eq!(schema["required"], json!(["access_token", "token_type", "expires_in"]));
}
