//! The list of a subject's sessions (SES-01).

use crate::records::names::SessionId;
use crate::records::subject::Subject;

/// A session that can be continued. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedSession {
    pub(crate) id: SessionId,
    pub(crate) began_at: u64,
    pub(crate) refreshed_at: u64,
    /// When it ends if it is not refreshed before.
    pub(crate) idle_until: u64,
    /// When it ends in any case.
    pub(crate) ends_at: u64,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    /// Further claims of its access tokens, as JSON.
    pub(crate) claims: String,
    pub(crate) label: String,
}

impl Subject {
    /// The sessions that can be continued, the one that was refreshed last first.
    pub(crate) fn list(&self, now: u64) -> Vec<ListedSession> {
        let live = self.sessions().filter(|(_, session)| session.is_in_time(now));
        let mut list: Vec<ListedSession> = live
            .map(|(id, session)| ListedSession {
                id,
                began_at: session.began_at,
                refreshed_at: session.refreshed_at,
                idle_until: session.idle_until,
                ends_at: session.ends_at,
                client_id: session.client_id.clone(),
                scope: session.scope.clone(),
                claims: session.claims.clone(),
                label: session.label.clone(),
            })
            .collect();
        list.sort_by_key(|session| std::cmp::Reverse((session.refreshed_at, session.began_at, session.id)));
        list
    }
}
