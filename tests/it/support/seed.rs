//! What a server would have written, written by the test: codes, refresh tokens and approved device codes without
//! a browser, for tests that need many of them or a server in another process.

use super::{CHALLENGE, TestApp, USERS};
use keywright::app::App;
use keywright::clock::Clock;
use keywright::entropy::SystemEntropy;
use keywright::id;
use keywright::opaque::{Kind, Opaque};
use keywright::storage::device_codes::{self, Approval, DeviceCodeRow};
use keywright::storage::grants::{self, NewCode, NewGrant, NewRefresh};
use keywright::time::{Seconds, Timestamp};
use std::sync::Arc;

pub const REDIRECT_URI: &str = "https://seed.test/cb";
const HOUR: Seconds = Seconds(3_600);

#[derive(Clone)]
pub struct Seed {
    app: Arc<App>,
    clock: Arc<dyn Clock>,
    user_id: String,
}

impl Seed {
    /// Writes grants of alice; `clock` is that of the servers that will be asked.
    pub async fn new(app: &TestApp, clock: Arc<dyn Clock>) -> Self {
        Self {
            app: Arc::clone(&app.app),
            clock,
            user_id: app.user(USERS[0].1).await.id,
        }
    }

    /// A code with the challenge of the tests' verifier; gives the grant and the code.
    pub async fn code(&self, client_id: &str) -> (String, String) {
        let now = self.clock.now();
        let grant_id = id::row(&SystemEntropy, now);
        let code = self.mint(Kind::Code, &grant_id);
        let grant = NewGrant {
            code: Some(NewCode {
                digest: code.digest(&self.app.vault),
                expires_at: now + HOUR,
                challenge: Some(CHALLENGE),
                redirect_uri: REDIRECT_URI,
            }),
            ..self.grant(&grant_id, client_id, now)
        };
        grants::insert(self.app.db.write(), &grant).await.unwrap();
        (grant_id, code.expose().to_owned())
    }

    /// The first refresh token of a grant.
    pub async fn refresh_token(&self, client_id: &str) -> (String, String) {
        let now = self.clock.now();
        let grant_id = id::row(&SystemEntropy, now);
        let token = self.mint(Kind::RefreshToken, &grant_id);
        let grant = NewGrant {
            refresh: Some(NewRefresh {
                digest: token.digest(&self.app.vault),
                expires_at: now + HOUR,
                certificate: None,
            }),
            ..self.grant(&grant_id, client_id, now)
        };
        grants::insert(self.app.db.write(), &grant).await.unwrap();
        (grant_id, token.expose().to_owned())
    }

    /// A device code that alice has approved.
    pub async fn device_code(&self, client_id: &str) -> (String, String) {
        let now = self.clock.now();
        let row_id = id::row(&SystemEntropy, now);
        let grant_id = id::row(&SystemEntropy, now);
        let code = self.mint(Kind::DeviceCode, &row_id);
        let row = DeviceCodeRow {
            digest: code.digest(&self.app.vault),
            user_code: row_id.clone(),
            client_id: client_id.to_owned(),
            scope: "openid".to_owned(),
            resources: "[]".to_owned(),
            ip: "192.0.2.1".to_owned(),
            user_agent: String::new(),
            created_at: now.0,
            expires_at: (now + HOUR).0,
            poll_interval: 5,
            id: row_id,
            polled_at: None,
            decision: None,
            user_id: None,
            user_epoch: None,
            session_id: None,
            auth_time: None,
            acr: None,
            amr: None,
            grant_id: None,
            spent_at: None,
        };
        let approval = Approval {
            user_id: &self.user_id,
            user_epoch: 0,
            session_id: "none",
            auth_time: now.0,
            acr: "1",
            amr: "pwd",
            grant_id: &grant_id,
        };
        device_codes::insert(self.app.db.write(), &row).await.unwrap();
        device_codes::approve(self.app.db.write(), &row.id, &approval, now)
            .await
            .unwrap();
        (grant_id, code.expose().to_owned())
    }

    /// Whether the grant is revoked; `None` if there is none.
    pub async fn is_revoked(&self, grant_id: &str) -> Option<bool> {
        let standing = grants::standing(self.app.db.read(), grant_id).await.unwrap()?;
        Some(standing.ground.revoked_at.is_some())
    }

    fn mint(&self, kind: Kind, id: &str) -> Opaque {
        Opaque::mint(kind, id, &SystemEntropy, &self.app.vault)
    }

    fn grant<'a>(&'a self, id: &'a str, client_id: &'a str, now: Timestamp) -> NewGrant<'a> {
        NewGrant {
            id,
            client_id,
            user_id: &self.user_id,
            user_epoch: 0,
            session_id: None,
            offline: true,
            scope: "openid",
            resources: "[]",
            claims: None,
            nonce: None,
            auth_time: now.0,
            acr: "1",
            amr: "pwd",
            created_at: now,
            expires_at: now + HOUR,
            purge_at: now + HOUR + HOUR,
            code: None,
            refresh: None,
            status_index: None,
        }
    }
}
