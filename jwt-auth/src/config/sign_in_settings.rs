//! The settings of the token endpoint and of the check of passwords.

use crate::config::builder::Builder;
use crate::hooks::AuthBackend;
use crate::oauth2::client::Client;
use crate::passwords::check::PasswordSettings;
use crate::passwords::throttle::Throttle;

impl<A: AuthBackend> Builder<A> {
    /// Limits how often passwords may be tried, at the token endpoint of `authenticate` and in
    /// [`check_password`](crate::AuthSession::check_password). By default a
    /// [`MemoryThrottle`](crate::passwords::MemoryThrottle), which counts in this process. `RedisThrottle`, `SqliteThrottle` and
    /// `PostgresThrottle` count for all instances together. Use [`NoThrottle`](crate::passwords::NoThrottle) if a proxy limits the
    /// requests.
    ///
    /// A right password does not count, but it does not reset the count of wrong ones either. With the default limits, a user who
    /// mistypes five times from one address within 15 minutes has to wait, even after a sign-in in between.
    #[doc(alias = "rate_limit")]
    pub fn throttle(self, throttle: impl Throttle) -> Self {
        Self { passwords: PasswordSettings { throttle: Box::new(throttle), ..self.passwords }, ..self }
    }

    /// Maps the spellings of a user name to one text, under which the throttle counts them.
    /// [`fold_name`](crate::passwords::fold_name) by default. If your look-up of users ignores a difference, such as case, `fold`
    /// must remove it too; otherwise an attacker gets extra guesses with every spelling. `authenticate` gets the name as it was
    /// sent.
    ///
    /// Accounts with names that fold to the same text share one limit: wrong passwords for `Alice` can make `alice` wait. Neither
    /// account gives an attacker more guesses at the other. To avoid the waiting, refuse a new account if the
    /// [`fold_name`](crate::passwords::fold_name) of its name is taken. If you compare names byte by byte, write
    /// `.fold_names(str::to_owned)`.
    pub fn fold_names(self, fold: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self { passwords: PasswordSettings { fold_name: Box::new(fold), ..self.passwords }, ..self }
    }

    /// How many calls of `authenticate` run at the same time. By default one per processor; 0 is an error of `build()`. Eight
    /// times as many requests wait, each for at most 5 seconds. Every other request gets a 429 with `Retry-After`, and does not
    /// count as a wrong password.
    ///
    /// A request that the client drops frees its place at once. Work that `authenticate` has handed to another thread
    /// (`spawn_blocking`) continues, so if it needs much memory, limit it with a semaphore of your own.
    pub fn sign_ins_at_once(self, at_once: usize) -> Self {
        Self { passwords: PasswordSettings { at_once: Some(at_once), ..self.passwords }, ..self }
    }

    /// Adds an OAuth client that may use the endpoints of `authenticate`, `revoke_url` and `introspect_url`. If you add any, all
    /// other clients get `invalid_client`. Without any, every client may use the token and revocation endpoints, and none has to
    /// prove who it is.
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// The scopes that a client of the mounted token endpoint gets if it asks for none (RFC 6749 section 3.3). None by default. Only
    /// those are granted that the client may have and that `scope_allowed` allows for the user; the answer names them.
    /// [`Client::default_scopes`] takes precedence. A name that is not declared with `scopes(...)`, and a declaration without
    /// `authenticate` and `token_url`, are errors of `build()`.
    pub fn default_scopes<I: IntoIterator<Item = S>, S: Into<String>>(self, names: I) -> Self {
        Self { default_scopes: names.into_iter().map(Into::into).collect(), ..self }
    }
}
