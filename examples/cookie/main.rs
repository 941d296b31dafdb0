//! Pages with a sign-in form. The browser keeps the token in a `__Host-` cookie, and the user is rebuilt from the token without
//! a look-up.

use std::pin::pin;

use axum::Router;
use axum::extract::Form;
use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jwt_auth::{AuthSession, Backend, JwtUser, Keys, LoginError, LogoutError, Token, auth_backend};
use serde::Deserialize;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    name: String,
    #[jwt_user(claim)]
    favourite_colour: String,
}

#[auth_backend(kind = "cookie", user = User, exclude = ["/sign-in"])]
struct Auth;

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

async fn form() -> Html<&'static str> {
    Html(include_str!("sign_in.html"))
}

async fn sign_in(session: AuthSession<Auth>, Form(form): Form<Credentials>) -> Result<Response, LoginError> {
    // Your program must compare password hashes instead; the oauth2 example shows how.
    if (form.name.as_str(), form.password.as_str()) != ("alice", "wonderland") {
        let again = Html("Wrong name or password. <a href=\"/sign-in\">Again</a>");
        return Ok((StatusCode::FORBIDDEN, again).into_response());
    }
    let user = User { name: form.name, favourite_colour: "blue".into() };
    Ok((session.login(&user).await?, Redirect::to("/")).into_response())
}

async fn home(user: User) -> Html<String> {
    let User { name, favourite_colour } = user;
    Html(include_str!("home.html").replace("{name}", &name).replace("{colour}", &favourite_colour))
}

/// A connection that ends when the user signs out, in this tab or in another one.
async fn live(auth: Backend<Auth>, token: Token, upgrade: WebSocketUpgrade) -> Response {
    let over = auth.until_over(&token);
    upgrade.on_upgrade(async move |mut socket| {
        let mut over = pin!(over);
        loop {
            tokio::select! {
                _ = &mut over => {
                    let frame = CloseFrame { code: close_code::POLICY, reason: "signed out".into() };
                    let _ = socket.send(Message::Close(Some(frame))).await;
                    return;
                }
                message = socket.recv() => {
                    let Some(Ok(_)) = message else { return };
                }
            }
        }
    })
}

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
        .rejection_response(|rejection| match rejection.status() {
            StatusCode::UNAUTHORIZED => Redirect::to("/sign-in").into_response(),
            status => (status, rejection.detail()).into_response(),
        })
        .build()?;
    let router = Router::new()
        .route("/", get(home))
        .route("/live", get(live))
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-out", post(sign_out));
    let app = auth.protect(router)?;
    let listener = tokio::net::TcpListener::bind(std::env::var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("sign in as alice with the password wonderland");
    Ok(axum::serve(listener, app).await?)
}
