//! The statements of the SQL stores, which SQLite and PostgreSQL both take, and their tables.

pub(super) const IS_REVOKED: &str = "SELECT 1 AS revoked WHERE \
     EXISTS (SELECT 1 FROM jwt_auth_revoked_tokens WHERE issuer = $1 AND jwt_id = $2) \
     OR EXISTS (SELECT 1 FROM jwt_auth_revoked_sessions WHERE issuer = $1 AND session = $3) \
     OR EXISTS (SELECT 1 FROM jwt_auth_revoked_subjects WHERE issuer = $1 AND subject = $4 AND before_time > $5)";

pub(super) const REVOKE_TOKEN: &str = "INSERT INTO jwt_auth_revoked_tokens AS kept (issuer, jwt_id, until) VALUES ($1, $2, $3) \
     ON CONFLICT (issuer, jwt_id) DO UPDATE SET until = excluded.until WHERE excluded.until > kept.until";

pub(super) const REVOKE_SESSION: &str = "INSERT INTO jwt_auth_revoked_sessions AS kept (issuer, session, until) VALUES ($1, $2, $3) \
     ON CONFLICT (issuer, session) DO UPDATE SET until = excluded.until WHERE excluded.until > kept.until";

pub(super) const REVOKE_SUBJECT: &str = "INSERT INTO jwt_auth_revoked_subjects AS kept (issuer, subject, before_time, until) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (issuer, subject) DO UPDATE SET \
     before_time = CASE WHEN excluded.before_time > kept.before_time THEN excluded.before_time ELSE kept.before_time END, \
     until = CASE WHEN excluded.until > kept.until THEN excluded.until ELSE kept.until END";

pub(super) const BEGIN: &str = "INSERT INTO jwt_auth_refresh \
     (hash, session, issuer, subject, client_id, scope, claims, began_at, expires_at, ends_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub(super) const FIND: &str = "SELECT * FROM jwt_auth_refresh WHERE hash = $1 AND ends_at > $2";

/// A refresh token is in time, and its session and subject stand.
macro_rules! is_live {
    () => {
        "expires_at > $2 AND ends_at > $2 \
         AND NOT EXISTS (SELECT 1 FROM jwt_auth_revoked_sessions gone WHERE gone.issuer = jwt_auth_refresh.issuer \
             AND gone.session = jwt_auth_refresh.session) \
         AND NOT EXISTS (SELECT 1 FROM jwt_auth_revoked_subjects gone WHERE gone.issuer = jwt_auth_refresh.issuer \
             AND gone.subject = jwt_auth_refresh.subject AND gone.before_time > jwt_auth_refresh.began_at)"
    };
}

/// One statement decides who uses a token: it is unused, and live.
pub(super) const CONSUME: &str = concat!(
    "UPDATE jwt_auth_refresh SET used_at = $2, grace_until = $3, sealed = $4 WHERE hash = $1 AND used_at IS NULL AND ",
    is_live!(),
    " RETURNING *"
);

/// A used token within its grace.
pub(super) const WITHIN_GRACE: &str =
    concat!("SELECT sealed FROM jwt_auth_refresh WHERE hash = $1 AND grace_until > $2 AND ", is_live!());

pub(super) const SWEEP: [&str; 4] = [
    "DELETE FROM jwt_auth_revoked_tokens WHERE until <= $1",
    "DELETE FROM jwt_auth_revoked_sessions WHERE until <= $1",
    "DELETE FROM jwt_auth_revoked_subjects WHERE until <= $1",
    "DELETE FROM jwt_auth_refresh WHERE ends_at <= $1",
];

/// The tables, in one text that PostgreSQL runs as one transaction. The type of bytes is the database's own, and so is what
/// keeps instances that start together apart.
macro_rules! migration {
    ($lock:literal, $bytes:literal) => {
        concat!(
            $lock,
            "CREATE TABLE IF NOT EXISTS jwt_auth_revoked_tokens (issuer TEXT NOT NULL, jwt_id TEXT NOT NULL, \
             until BIGINT NOT NULL, PRIMARY KEY (issuer, jwt_id)); \
             CREATE TABLE IF NOT EXISTS jwt_auth_revoked_sessions (issuer TEXT NOT NULL, session TEXT NOT NULL, \
             until BIGINT NOT NULL, PRIMARY KEY (issuer, session)); \
             CREATE TABLE IF NOT EXISTS jwt_auth_revoked_subjects (issuer TEXT NOT NULL, subject TEXT NOT NULL, \
             before_time BIGINT NOT NULL, until BIGINT NOT NULL, PRIMARY KEY (issuer, subject)); \
             CREATE TABLE IF NOT EXISTS jwt_auth_refresh (hash ",
            $bytes,
            " PRIMARY KEY, session TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL, \
             client_id TEXT NOT NULL, scope TEXT NOT NULL, claims TEXT NOT NULL, began_at BIGINT NOT NULL, \
             expires_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, used_at BIGINT, grace_until BIGINT, sealed ",
            $bytes,
            "); \
             CREATE INDEX IF NOT EXISTS jwt_auth_revoked_tokens_until ON jwt_auth_revoked_tokens (until); \
             CREATE INDEX IF NOT EXISTS jwt_auth_revoked_sessions_until ON jwt_auth_revoked_sessions (until); \
             CREATE INDEX IF NOT EXISTS jwt_auth_refresh_ends_at ON jwt_auth_refresh (ends_at);"
        )
    };
}

pub(super) use migration;
