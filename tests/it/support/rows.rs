//! What the database holds, for tests that say what was stored and what was not.

use super::TestApp;
use keywright::clock::Clock;
use keywright::identity::session::change_user;
use keywright::oauth::error::Fault;
use keywright::storage::{Db, clients, factors, users};
use keywright::time::Timestamp;

impl TestApp {
    /// The time on this server.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The number of rows of a table, which a condition may follow.
    pub async fn count(&self, table: &'static str) -> i64 {
        let text = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        match &self.app.db {
            Db::Sqlite { readers, .. } => sqlx::query_scalar(text)
                .fetch_one(&mut *readers.get().await.unwrap())
                .await
                .unwrap(),
            Db::Postgres(pool) => sqlx::query_scalar(text)
                .fetch_one(&mut *pool.get().await.unwrap())
                .await
                .unwrap(),
        }
    }

    /// What a refused request must leave as it was: clients, sessions, grants, consents.
    pub async fn holdings(&self) -> [i64; 4] {
        [
            self.count("clients").await,
            self.count("sessions").await,
            self.count("grants").await,
            self.count("consents").await,
        ]
    }

    /// Disables a client, as the operator would.
    pub async fn disable_client(&self, id: &str) {
        let now = self.now();
        clients::set_disabled(self.app.db.write(), id, Some(now), now)
            .await
            .unwrap();
        self.app.clients.forget(id);
    }

    /// Makes a second factor a must for a user, as the operator would.
    pub async fn require_mfa(&self, email: &str) {
        let (user, now) = (self.user(email).await, self.now());
        factors::require(self.app.db.write(), &user.id, Some(now))
            .await
            .unwrap();
    }

    /// Disables a user, as the operator would.
    pub async fn disable_user(&self, email: &str) {
        let (user, now) = (self.user(email).await, self.now());
        let db = &self.app.db;
        let disable = async || users::set_disabled(db.write(), &user.id, Some(now), now).await;
        change_user(&self.app, &user.id, async || disable().await.map_err(Fault::from))
            .await
            .unwrap();
    }
}
