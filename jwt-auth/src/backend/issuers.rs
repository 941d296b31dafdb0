//! Issuers that come and go while the service runs.

use crate::backend::{Backend, Mode};
use crate::hooks::AuthBackend;
use crate::issuer::error::IssuerError;
use crate::issuer::settings::Issuer;

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Trusts another issuer from now on, as [`Builder::trust`](crate::Builder::trust) does at the start. Every instance of the
    /// service needs the call.
    ///
    /// ```no_run
    /// # use jwt_auth::{auth_backend, Backend, Issuer, JwtUser, VerifyOnly, issuer::IssuerError, keys::VerifyingKey};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: String }
    /// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
    /// fn tenant_comes(auth: &Backend<Auth, VerifyOnly>, tenant: &str, key: VerifyingKey) -> Result<(), IssuerError> {
    ///     auth.add_issuer(Issuer::new(format!("https://{tenant}.example.com")).keys(key).audience("orders"))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`IssuerError`] lists what `build()` would refuse, or says that the issuer is trusted already. After an error nothing has
    /// changed.
    pub fn add_issuer(&self, mut issuer: Issuer) -> Result<(), IssuerError> {
        let name = issuer.name.clone();
        issuer.observed = self.stages.events.observed();
        let resource = self.stages.resource_metadata.as_ref().map(|metadata| metadata.resource());
        let new = issuer.into_trusted(resource).map_err(|mistakes| IssuerError::new(&name, mistakes))?;
        match self.stages.authenticator.trust.add(new) {
            true => Ok(()),
            false => Err(IssuerError::new(&name, vec!["it is trusted already; remove it first".to_owned()])),
        }
    }

    /// Stops trusting an issuer: from the next request on its tokens are refused, also those that were cached. `name` is the name,
    /// or the text of the template, that `trust` or `add_issuer` was given. Returns `false` if no other issuer has this name; a
    /// backend's own issuer stays.
    pub fn remove_issuer(&self, name: &str) -> bool {
        self.stages.authenticator.trust.remove(name)
    }
}
