//! Begins a session in the store, for the backend.

use std::sync::Arc;

use crate::records::begin::Begun;
use crate::records::effects::{Account, Sessions};
use crate::records::end::EndedToken;
use crate::records::live_session::Session;
use crate::records::secrets::RefreshToken;
use crate::records::subject::Subject;
use crate::store::document::Key;
use crate::store::error::StoreError;

/// A session to begin. Times are seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct NewSession {
    /// When the check of the user (the password, for example) began.
    pub(crate) checked_at: u64,
    pub(crate) idle_until: u64,
    pub(crate) ends_at: u64,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    /// Further claims of its access tokens, as JSON.
    pub(crate) claims: String,
    pub(crate) label: String,
    /// When its first access token expires.
    pub(crate) access_until: u64,
    /// The tokens that it replaces. Those of the same account end in the same step.
    pub(crate) replaces: Vec<EndedToken>,
}

impl Sessions {
    /// Begins a session with its first refresh token. If the store gives no answer, the session is ended in the
    /// background, and the token must not be handed out.
    pub(crate) async fn begin(
        &self,
        account: &Account,
        first: &RefreshToken,
        new: NewSession,
        now: u64,
    ) -> Result<Begun, StoreError> {
        let (id, head, key) = (first.session()?, first.changing.hash()?, Key::subject(account.tag));
        let (own, others): (Vec<_>, Vec<_>) =
            new.replaces.into_iter().partition(|replaced| replaced.account.tag == account.tag);
        // The replaced session makes room for the new one.
        let replaces = own.iter().filter(|replaced| replaced.is_ours).find_map(|replaced| replaced.token.session);
        let access_until = new.access_until;
        let session = Session {
            checked_at: new.checked_at,
            began_at: now,
            refreshed_at: now,
            idle_until: new.idle_until.min(new.ends_at),
            ends_at: new.ends_at,
            client_id: new.client_id,
            scope: new.scope,
            claims: new.claims,
            label: new.label,
            head,
            previous: None,
            access_until,
        };
        let (driver, owner) = (Arc::clone(&self.driver), account.clone());
        let begun = self.driver.to_its_end(async move {
            let begin = |subject: &mut Subject| {
                // If `bar` created the document, it does not name its subject yet.
                (subject.issuer, subject.subject) = (owner.issuer.clone(), owner.subject.clone());
                let begun = subject.begin(id, session.clone(), replaces, &driver.rules);
                if begun == Begun::Begun {
                    own.iter().for_each(|replaced| subject.end_token(replaced, now, &driver.rules));
                }
                begun
            };
            let begun = driver.change(key, owner.empty(), now, false, begin).await?;
            if begun == Begun::Begun {
                driver.end_tokens(&others, now).await?;
            }
            Ok(begun)
        });
        let begun = begun.await;
        if begun.is_err() {
            self.bar_later(account.tag, id, access_until, now);
        }
        begun
    }
}
