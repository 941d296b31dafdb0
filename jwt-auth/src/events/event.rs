//! What happened.

use std::time::Duration;

use http::StatusCode;

use crate::events::not_granted::NotGranted;
use crate::passwords::throttle::limits::Limit;
use crate::rejection::reason::RejectionReason;
use crate::request_info::RequestInfo;

/// Something that happened, for [`Builder::on_event`](crate::Builder::on_event). It never holds a token, a refresh token, a
/// password, a cookie or a user name that somebody typed. Match variants with `..`, because later versions add fields.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A user signed in.
    #[non_exhaustive]
    SignedIn {
        /// The `iss` of the new token.
        issuer: String,
        /// The `sub` of the new token.
        subject: String,
        /// The OAuth client that the token was issued to.
        client_id: Option<String>,
        /// The `sid`, if the sign-in began a session with a refresh token.
        session: Option<String>,
        /// How the user signed in.
        by: SignInBy,
        /// The request.
        request: RequestInfo,
    },
    /// A sign-in was refused.
    #[non_exhaustive]
    SignInRefused {
        /// Why.
        reason: NotGranted,
        /// The request.
        request: RequestInfo,
    },
    /// A session was continued with its refresh token.
    #[non_exhaustive]
    Refreshed {
        /// The issuer of the session: the backend.
        issuer: String,
        /// Whose session it is.
        subject: String,
        /// The OAuth client of the session.
        client_id: Option<String>,
        /// The `sid`.
        session: String,
        /// The request.
        request: RequestInfo,
    },
    /// A refresh was refused.
    #[non_exhaustive]
    RefreshRefused {
        /// Why.
        reason: NotGranted,
        /// The request.
        request: RequestInfo,
    },
    /// A refresh token was used a second time, so its session has ended (RFC 9700 section 4.14.2): somebody may have stolen the
    /// token. This event replaces [`RefreshRefused`](Self::RefreshRefused).
    #[non_exhaustive]
    RefreshTokenReused {
        /// The issuer of the session: the backend.
        issuer: String,
        /// Whose session it was.
        subject: String,
        /// The OAuth client of the session.
        client_id: Option<String>,
        /// The `sid`.
        session: String,
        /// The request that used the token the second time.
        request: RequestInfo,
    },
    /// A session ended, a token was revoked, or a user was signed out everywhere. A session that ends because the same browser signs
    /// in again is not reported.
    #[non_exhaustive]
    SignedOut {
        /// What ended.
        what: SignOut,
        /// The issuer of the user.
        issuer: String,
        /// Who was signed out.
        subject: String,
        /// The `sid`, if one session ended.
        session: Option<String>,
        /// The request. `None` if a method of [`Backend`](crate::Backend) was called, which does not know it.
        request: Option<RequestInfo>,
    },
    /// The guard, or an extractor, refused a request.
    #[non_exhaustive]
    Refused {
        /// Why.
        reason: RejectionReason,
        /// The status of the answer.
        status: StatusCode,
        /// The issuer of the token, if its signature was verified.
        issuer: Option<String>,
        /// The subject of the token, if its signature was verified.
        subject: Option<String>,
        /// The request.
        request: RequestInfo,
    },
    /// A limit of the throttle, or of [`sign_ins_at_once`](crate::Builder::sign_ins_at_once), is used up. The
    /// [`SignInRefused`](Self::SignInRefused) of the attempt follows.
    #[non_exhaustive]
    Throttled {
        /// Which limit.
        limit: Limit,
        /// After how many seconds the client may try again.
        retry_after: u64,
        /// The request.
        request: RequestInfo,
    },
    /// The keys of an issuer were fetched, or could not be.
    #[non_exhaustive]
    KeysFetched {
        /// The issuer whose keys they are.
        issuer: String,
        /// How many usable keys were fetched, or why the fetch failed.
        keys: Result<usize, String>,
        /// How long it took.
        took: Duration,
    },
    /// The store of sessions or of the throttle failed, or was too slow. If a request was refused for it, the event of that request
    /// follows.
    #[non_exhaustive]
    StoreFailed {
        /// The error of the store.
        error: String,
    },
}

/// How a user signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignInBy {
    /// The token endpoint of `authenticate`.
    TokenEndpoint,
    /// A handler of the application, with [`AuthSession::login`](crate::AuthSession::login).
    Handler,
}

/// What a sign-out ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignOut {
    /// One session, with its tokens.
    Session,
    /// One token that belongs to no session.
    Token,
    /// Every session and token of the user.
    Everywhere,
}

impl SignOut {
    /// Its name in metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Everywhere => "everywhere",
        }
    }
}
