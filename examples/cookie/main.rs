//! Pages with a sign-in form. The browser keeps the token in a `__Host-` cookie, a second cookie renews the session, and the user is
//! rebuilt from the token without a look-up.
//!
//! `TRUSTED_PROXIES` (addresses or networks, separated by commas) and `PUBLIC_PREFIX` (the path that a proxy takes off) are for a
//! service behind a proxy. `INSECURE_COOKIE=1` is for browsers on other machines without TLS.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::Form;
use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jwt_auth::{
    AuthSession, Backend, GrantError, JwtUser, Keys, LogoutError, Parts, RefreshTokens, ReturnTo, Token, auth_backend,
};
use serde::Deserialize;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    name: String,
    #[jwt_user(claim)]
    favourite_colour: String,
}

#[auth_backend(
    kind = "cookie",
    user = User,
    authenticate = check_password,
    refresh_url = "/refresh",
    exclude = ["/sign-in", "POST /sign-out"],
)]
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

/// Leads back to the page that the browser wanted. After too many wrong passwords this answers 429.
async fn sign_in(
    session: AuthSession<Auth>,
    back: ReturnTo,
    Form(form): Form<Credentials>,
) -> Result<Response, GrantError> {
    match session.check_password(&form.name, &form.password).await? {
        Some(user) => Ok((session.login(&user).with_refresh_token().await?, back.or("/")).into_response()),
        None => {
            let again = Html("Wrong name or password. <a href=\"\">Again</a>");
            Ok((StatusCode::FORBIDDEN, again).into_response())
        }
    }
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

/// This route is open, so that it also works with a cookie that is no longer good. The address is relative to this page.
async fn sign_out(session: AuthSession<Auth>) -> Result<impl IntoResponse, LogoutError> {
    Ok((session.logout().await?, Redirect::to("sign-in")))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [proxies, prefix] = ["TRUSTED_PROXIES", "PUBLIC_PREFIX"].map(|name| std::env::var(name).unwrap_or_default());
    let auth = Auth
        .backend()
        .keys(Keys::hs256_from_env("JWT_SECRET").or_else(|_| Keys::hs256_ephemeral())?)
        .issuer("cookie")
        .lifetime(Duration::from_secs(600))
        // Two tabs may renew the session at the same moment.
        .refresh_tokens(RefreshTokens::new().grace(Duration::from_secs(10)))
        // Pages without a token are sent to the form, calls get a 401.
        .sign_in_page("/sign-in")
        .trusted_proxies(proxies.split(','))
        .public_prefix(prefix);
    let auth = if std::env::var("INSECURE_COOKIE").is_ok() { auth.insecure_cookie() } else { auth }.build()?;
    let router = Router::new()
        .route("/", get(home))
        .route("/live", get(live))
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-out", post(sign_out));
    let app = auth.protect(router)?;
    let listener = tokio::net::TcpListener::bind(std::env::var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("sign in as alice with the password wonderland");
    // The throttle counts wrong passwords by the client's address, so the service needs the connect info.
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?)
}
