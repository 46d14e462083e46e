//! What the tests of tokens need beside the usual clients: their standing, and what operators and people change.

use super::answer::Answer;
use super::{RelyingParty, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::jose::Claims;
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use keywright::storage::{clients, grants, sessions, users};

/// The audience of the resource server [`TestApp::api`].
pub const API: &str = "https://api.test/v1";

impl TestApp {
    /// A confidential client that sends its secret in the form.
    pub async fn web_post(&self) -> RelyingParty<'_> {
        let base = profile(Profile::Web, vec!["https://post.test/cb".to_owned()]);
        let method = "client_secret_post".to_owned();
        let metadata = Metadata {
            token_endpoint_auth_method: method,
            ..base
        };
        self.client("post", metadata).await
    }

    /// Another confidential client, of somebody else.
    pub async fn evil(&self) -> RelyingParty<'_> {
        let metadata = profile(Profile::Web, vec!["https://evil.test/cb".to_owned()]);
        self.client("evil", metadata).await
    }

    /// Another public client, of somebody else.
    pub async fn evil_spa(&self) -> RelyingParty<'_> {
        let metadata = profile(Profile::Spa, vec!["https://evil-spa.test/cb".to_owned()]);
        self.client("evil-spa", metadata).await
    }

    /// A resource server: may introspect tokens for its audience and nothing else.
    pub async fn resource_server(&self, id: &str, audience: &str) -> RelyingParty<'_> {
        let metadata = Metadata {
            introspects: vec![audience.to_owned()],
            ..Metadata::default()
        };
        self.client(id, metadata).await
    }

    /// The verified claims of a token, whatever its time.
    #[track_caller]
    pub fn claims(&self, token: &str, typ: &str) -> Claims {
        let claims = self.app.keyring.set().verify(token, &[typ]);
        claims.unwrap_or_else(|| panic!("not a {typ} of this server: {token}"))
    }

    pub async fn userinfo(&self, token: &str) -> Answer {
        let request = Request::get("/userinfo").header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Disables or enables a client, as the operator would.
    pub async fn set_client_disabled(&self, id: &str, disabled: bool) {
        let now = self.app.clock.now();
        let since = disabled.then_some(now);
        let changed = clients::set_disabled(self.app.db.write(), id, since, now).await;
        assert!(changed.unwrap());
        self.app.clients.forget(id);
    }

    /// Disables or enables alice.
    pub async fn set_alice_disabled(&self, disabled: bool) {
        let alice = self.user(USERS[0].1).await;
        let now = self.app.clock.now();
        let since = disabled.then_some(now);
        let changed = users::set_disabled(self.app.db.write(), &alice.id, since, now).await;
        assert!(changed.unwrap());
    }

    pub async fn delete_alice(&self) {
        let alice = self.user(USERS[0].1).await;
        assert!(users::delete(self.app.db.write(), &alice.id).await.unwrap());
    }

    pub async fn change_password_of_alice(&self) {
        let alice = self.user(USERS[0].1).await;
        let now = self.app.clock.now();
        let at = self.app.db.write();
        let changed = users::set_password(at, &alice.id, alice.credential_epoch, "none", now).await;
        assert!(changed.unwrap());
    }

    /// What "remove this app" does for alice.
    pub async fn revoke_consent_of_alice(&self, client_id: &str) {
        let alice = self.user(USERS[0].1).await;
        let now = self.app.clock.now();
        let revoked = grants::revoke_of_client(self.app.db.write(), &alice.id, client_id, now).await;
        assert!(revoked.unwrap() > 0);
    }

    /// Ends all sessions of alice and the grants that do not outlive them.
    pub async fn sign_out_alice(&self) {
        let alice = self.user(USERS[0].1).await;
        let now = self.app.clock.now();
        let ended = sessions::end_all(self.app.db.write(), &alice.id, now).await;
        assert!(ended.unwrap() > 0);
    }
}
