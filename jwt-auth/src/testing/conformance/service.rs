//! A service of two instances on one store.

use std::sync::Arc;
use std::time::Duration;

use crate::records::begin::Begun;
use crate::records::begin::NewSession;
use crate::records::end::{EndedToken, RevokedToken};
use crate::records::names::{Attempt, JwtIdHash, SessionId};
use crate::records::refresh::{Refreshed, Refreshing};
use crate::records::refresh::{Rotation, TokenUse};
use crate::records::refresh_token::{ChangingSecret, RefreshToken};
use crate::records::rules::Rules;
use crate::records::sessions::{Account, Sessions};
use crate::records::summary::{AccessToken, Standing};
use crate::store::store_trait::Store;
use crate::store::subject_tag::SubjectTag;
use crate::testing::conformance::handles::{Handles, now, ok, random};

pub(crate) const APART: u64 = 2;

/// Two instances on one store, and an account that no other test uses.
pub(crate) struct Service {
    pub(crate) here: Sessions,
    pub(crate) there: Sessions,
    pub(crate) account: Account,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) now: u64,
}

impl Service {
    pub(crate) fn new([here, there]: Handles) -> Self {
        let store = Arc::clone(&there);
        let rules = Rules { leeway: 10, clocks_apart: APART, ..Rules::default() };
        let timeout = Duration::from_secs(20);
        let [here, there] = [here, there].map(|store| {
            Sessions::new(
                store,
                timeout,
                0,
                rules,
                Arc::new(crate::clock::SystemClock),
                crate::observer::Observed::default(),
            )
        });
        let subject = SessionId::of_claim(&format!("{:?}", random::<16>()));
        let account = ok(Account::new("https://issuer.test", &ok(subject).text()));
        Self { here, there, account, store, now: now() }
    }

    pub(crate) fn tag(&self) -> SubjectTag {
        self.account.tag
    }

    pub(crate) fn new_session(&self) -> NewSession {
        NewSession {
            checked_at: self.now,
            idle_until: self.now + 1_000,
            ends_at: self.now + 10_000,
            client_id: "web".into(),
            scope: "read write".into(),
            claims: r#"{"name":"Zoë"}"#.into(),
            label: "a browser".into(),
            access_until: self.now + 600,
            replaces: Vec::new(),
        }
    }

    /// An access token that ends its session.
    pub(crate) fn ended(&self, token: &RefreshToken) -> EndedToken {
        let (jwt_id, session) = (ok(JwtIdHash::new("j")), Some(ok(token.session())));
        let token = RevokedToken { jwt_id, expires_at: self.now + 600, issued_at: self.now };
        EndedToken { account: self.account.clone(), token, session, is_ours: true }
    }

    pub(crate) async fn begin(&self) -> RefreshToken {
        let token = ok(RefreshToken::random(self.tag()));
        let begun = self.here.begin(&self.account, &token, self.new_session(), self.now).await;
        assert_eq!(ok(begun), Begun::Begun);
        assert_eq!(self.standing(&token).await, Standing::Accepted);
        token
    }

    /// What the other instance says of the session's access tokens.
    pub(crate) async fn standing(&self, token: &RefreshToken) -> Standing {
        self.standing_of(Some(ok(token.session())), "j", self.now).await
    }

    pub(crate) async fn standing_of(&self, session: Option<SessionId>, jwt_id: &str, issued_at: u64) -> Standing {
        let token = AccessToken { session, is_ours: true, jwt_id: Some(jwt_id), issued_at };
        let standing = ok(self.there.standing(self.tag(), &token, self.now).await);
        let at_once = self.there.standing_at_once(self.tag(), &token);
        assert!(at_once.is_none_or(|at_once| ok(at_once) == standing), "two answers to one question");
        standing
    }

    pub(crate) async fn refresh(&self, token: &RefreshToken, grace: u64) -> Refreshed {
        let Some(found) = ok(self.here.find(token, self.now).await) else { return Refreshed::Unknown };
        let how = Refreshing { grace, idle: 1_000, access_until: self.now + 600 };
        ok(self.here.refresh(token, &found, &ok(token.successor()), how, self.now).await)
    }

    pub(crate) async fn next(&self, token: &RefreshToken, grace: u64) -> RefreshToken {
        match self.refresh(token, grace).await {
            Refreshed::Successor(next) => next,
            other => panic!("no successor: {other:?}"),
        }
    }

    /// A refresh without an answer: the store has recorded the use, and the request was dropped.
    pub(crate) async fn unanswered(&self, token: &RefreshToken) -> ChangingSecret {
        let (session, next) = (ok(token.session()), ok(ChangingSecret::random()));
        let used = TokenUse {
            session,
            presented: ok(token.changing.hash()),
            attempt: ok(Attempt::random()),
            next: ok(next.hash()),
            sealed: ok(token.changing.seal(&next, session)),
            grace: 0,
            idle: 1_000,
            access_until: self.now + 600,
            was_usable: true,
        };
        assert_eq!(ok(self.here.rotate(self.tag(), used, self.now).await), Rotation::Rotated);
        next
    }

    pub(crate) async fn has_ended(&self, token: &RefreshToken) {
        assert_eq!(self.standing(token).await, Standing::SessionEnded);
        assert!(matches!(self.refresh(token, 0).await, Refreshed::Unknown));
    }
}
