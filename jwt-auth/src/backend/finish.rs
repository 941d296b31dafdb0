//! Waits, when a service stops, until its last writes are stored.

use crate::backend::Backend;

impl<A, M> Backend<A, M> {
    /// Waits until the writes that the library has begun are done: sign-outs, refreshes and counted passwords of clients that have
    /// disconnected, and repeated attempts to end a session. Call it after the server has stopped, before `main` returns. It waits
    /// at most [`store_timeout`](crate::Builder::store_timeout) (2 seconds by default) for the throttle, and as long for the store
    /// of sessions. If something is still running then, it logs a warning.
    ///
    /// ```no_run
    /// # use jwt_auth::{auth_backend, JwtUser, Keys};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
    /// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    /// # let auth = Auth.backend().keys(Keys::hs256_from_env("JWT_SECRET")?).issuer("shop").build()?;
    /// # let (router, listener) = (axum::Router::new(), tokio::net::TcpListener::bind("127.0.0.1:3000").await?);
    /// # async fn stop_signal() {}
    /// axum::serve(listener, auth.protect(router)?).with_graceful_shutdown(stop_signal()).await?;
    /// auth.finish().await;
    /// # Ok(()) }
    /// ```
    #[doc(alias = "shutdown")]
    pub async fn finish(&self) {
        let stages = &self.stages;
        let of_passwords = stages.passwords.finish().await;
        let of_sessions = match stages.authenticator.sessions() {
            Ok(sessions) => sessions.driver.finish().await,
            Err(_) => 0,
        };
        let running = of_passwords.saturating_add(of_sessions);
        if running > 0 {
            tracing::warn!(target: "jwt_auth", running, "the service stops before everything is stored: the store did not answer within `store_timeout`");
        }
    }
}
