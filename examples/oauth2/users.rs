//! Users in SQLite, with argon2 hashes of their passwords.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions, SqliteRow};
use uuid::Uuid;

use crate::User;

pub(crate) const DEMO_NAME: &str = "alice";
pub(crate) const DEMO_PASSWORD: &str = "wonderland";

pub(crate) struct Users {
    pool: SqlitePool,
    /// The hash for unknown users. Checking it takes as long as for a known user, so the time does not reveal who exists.
    dummy_hash: String,
}

impl Users {
    /// Opens the database, and creates the table and the demo user if they do not exist.
    pub(crate) async fn open(url: &str) -> Result<Self, Box<dyn std::error::Error>> {
        // Only one connection, because each connection to an in-memory database opens a database of its own.
        let options = url.parse::<sqlx::sqlite::SqliteConnectOptions>()?.create_if_missing(true);
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = pool.connect_with(options).await?;
        sqlx::query(
            "CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, hash TEXT NOT NULL)",
        )
        .execute(&pool)
        .await?;
        sqlx::query("INSERT INTO users VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING")
            .bind(Uuid::new_v4().to_string())
            .bind(DEMO_NAME)
            .bind(hash(DEMO_PASSWORD)?)
            .execute(&pool)
            .await?;
        Ok(Self { pool, dummy_hash: hash("nobody's")? })
    }

    pub(crate) async fn by_id(&self, id: &str) -> Result<Option<User>, sqlx::Error> {
        let row = sqlx::query("SELECT id, name FROM users WHERE id = ?").bind(id).fetch_optional(&self.pool).await?;
        Ok(row.and_then(|row| user(&row)))
    }

    /// The user, or `None` if the name is unknown or the password is wrong.
    pub(crate) async fn by_password(&self, name: &str, password: &str) -> Result<Option<User>, sqlx::Error> {
        let row = sqlx::query("SELECT id, name, hash FROM users WHERE name = ?").bind(name);
        let row = row.fetch_optional(&self.pool).await?;
        let hash = row.as_ref().map_or(self.dummy_hash.clone(), |row| row.get("hash"));
        let password = password.to_owned();
        // Hashing takes tens of milliseconds, so it runs on another thread, and other requests need not wait.
        let is_right = tokio::task::spawn_blocking(move || verify(&password, &hash)).await.unwrap_or(false);
        Ok(row.filter(|_| is_right).and_then(|row| user(&row)))
    }
}

fn user(row: &SqliteRow) -> Option<User> {
    Some(User { id: row.get::<String, _>("id").parse().ok()?, name: row.get("name") })
}

pub(crate) fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

pub(crate) fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}
