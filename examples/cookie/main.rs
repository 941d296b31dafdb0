//! Pages with a sign-in form. The browser keeps the token in a `__Host-` cookie, and the user is rebuilt from the token without
//! a look-up.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jwt_auth::{AuthSession, GrantError, JwtUser, Keys, LogoutError, Parts, auth_backend};
use serde::Deserialize;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    name: String,
    #[jwt_user(claim)]
    favourite_colour: String,
}

#[auth_backend(kind = "cookie", user = User, authenticate = check_password, exclude = ["/sign-in"])]
struct Auth;

// Your program must compare password hashes instead; the oauth2 example shows how.
async fn check_password(_: &Auth, name: &str, password: &str, _: &Parts) -> Option<User> {
    let user = || User { name: name.to_owned(), favourite_colour: "blue".into() };
    ((name, password) == ("alice", "wonderland")).then(user)
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

async fn form() -> Html<&'static str> {
    Html(include_str!("sign_in.html"))
}

/// After too many wrong passwords this answers 429.
async fn sign_in(session: AuthSession<Auth>, Form(form): Form<Credentials>) -> Result<Response, GrantError> {
    match session.check_password(&form.name, &form.password).await? {
        Some(user) => Ok((session.login(&user).await?, Redirect::to("/")).into_response()),
        None => {
            let again = Html("Wrong name or password. <a href=\"/sign-in\">Again</a>");
            Ok((StatusCode::FORBIDDEN, again).into_response())
        }
    }
}

async fn home(user: User) -> Html<String> {
    let User { name, favourite_colour } = user;
    Html(include_str!("home.html").replace("{name}", &name).replace("{colour}", &favourite_colour))
}

/// A cookie that is no longer good does not get here: the guard removes it, and redirects to the form.
async fn sign_out(session: AuthSession<Auth>) -> Result<impl IntoResponse, LogoutError> {
    Ok((session.logout().await?, Redirect::to("/sign-in")))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = Auth
        .backend()
        .keys(Keys::hs256_from_env("JWT_SECRET").or_else(|_| Keys::hs256_ephemeral())?)
        .issuer("cookie")
        // Redirects a browser without a token to the form. Every other rejection keeps its status.
        .rejection_response(|rejection, _| match rejection.status() {
            StatusCode::UNAUTHORIZED => Redirect::to("/sign-in").into_response(),
            status => (status, rejection.detail()).into_response(),
        })
        .build()?;
    let router = Router::new()
        .route("/", get(home))
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-out", post(sign_out));
    let app = auth.protect(router)?;
    let listener = tokio::net::TcpListener::bind(std::env::var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("sign in as alice with the password wonderland");
    // The throttle counts wrong passwords by the client's address, so the service needs the connect info.
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?)
}
