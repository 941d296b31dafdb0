//! What happens in the library, reported to your own code, to metrics and to the log.
//!
//! [`Builder::on_event`](crate::Builder::on_event) names a function that gets an [`Event`] for each sign-in, refresh and sign-out,
//! for each refusal, and for each failure of the store or of a fetch of keys:
//!
//! ```no_run
//! # use jwt_auth::{auth_backend, JwtUser, Keys};
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # #[auth_backend(kind = "bearer", user = User)] struct Auth;
//! use jwt_auth::events::Event;
//!
//! let (send, mut events) = tokio::sync::mpsc::channel(1_000);
//! let auth = Auth.backend()
//!     .keys(Keys::hs256_from_env("JWT_SECRET")?)
//!     .issuer("https://api.example.com")
//!     .on_event(move |event| match event {
//!         Event::RefreshTokenReused { .. } | Event::SignedOut { .. } => drop(send.try_send(event.clone())),
//!         _ => {}
//!     })
//!     .build()?;
//! tokio::spawn(async move {
//!     while let Some(event) = events.recv().await {
//!         println!("{event:?}");
//!     }
//! });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The function is called where the event happens: for a request, on its task and before the answer. So it must not block; send
//! what you need into a channel, as above. If it panics, the panic is logged and the answer stays the same.
//!
//! | event | when |
//! |---|---|
//! | [`SignedIn`](Event::SignedIn) | the token endpoint or a handler signed a user in |
//! | [`SignInRefused`](Event::SignInRefused) | the password was wrong, or the sign-in failed; [`NotGranted`] says why |
//! | [`Refreshed`](Event::Refreshed) | a session was continued |
//! | [`RefreshRefused`](Event::RefreshRefused) | a refresh failed |
//! | [`RefreshTokenReused`](Event::RefreshTokenReused) | a refresh token was used twice, and its session has ended |
//! | [`SignedOut`](Event::SignedOut) | a session or a token ended, or a user was signed out everywhere |
//! | [`Refused`](Event::Refused) | the guard or an extractor refused a request |
//! | [`Throttled`](Event::Throttled) | a limit refused a sign-in; `SignInRefused` follows |
//! | [`KeysFetched`](Event::KeysFetched) | keys of an issuer were fetched, or could not be |
//! | [`StoreFailed`](Event::StoreFailed) | the store failed; the event of the request follows, if there is one |
//!
//! A request that is accepted is no event, because that happens too often; the feature `metrics` counts it.
//!
//! # Log
//!
//! The library logs with [`tracing`](https://docs.rs/tracing), under the target `jwt_auth`. Each refusal is one line: `ERROR` if you
//! have to fix something, `WARN` if a limit of the throttle is used up or a refresh token is used twice, otherwise `INFO`. Its
//! fields are:
//!
//! | field | contents |
//! |---|---|
//! | `method`, `route` | of the request; the route is a template, and `-` if none matched |
//! | `client` | the address of the client, if it is known |
//! | `status` | of the answer, for a refused request |
//! | `reason` | the code of the reason, which stays the same when the text changes: [`RejectionReason::code`](crate::RejectionReason::code), or [`NotGranted::code`] if the text begins with `no token granted` |
//! | `issuer`, `subject`, `jti` | of the token, if its signature was verified |
//! | `kid` | the key that the token names, if no key of the issuer has that name |
//! | `limit` | which limit refused a sign-in: [`Limit::code`](crate::passwords::Limit::code) |
//! | `session` | the `sid` whose refresh token was used twice |
//!
#![cfg_attr(feature = "metrics", doc = include_str!("metrics.md"))]
//!
//! Traps:
//!
//! * An error of your own functions becomes text in [`NotGranted::Failed`] and [`RejectionReason`](crate::RejectionReason), so it
//!   must hold no secret.
//! * If a handler of yours returns a [`GrantError`](crate::GrantError) for a reason of its own, nothing is logged or reported, so
//!   log the reason there. What `check_password`, `session.login` and `refresh` refuse is already logged and reported.
//! * `client` and [`RequestInfo::client`] are `None` if the server was made without `into_make_service_with_connect_info`, and for
//!   a handler that panicked.

pub(crate) mod not_granted;
pub(crate) mod event;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
pub(crate) mod tell;

pub use crate::request_info::RequestInfo;
pub use event::{Event, SignInBy, SignOut};
pub use not_granted::NotGranted;
