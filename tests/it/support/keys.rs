//! API keys, made as the account's page and the command line make them.

use super::{API, Answer, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::config::Config;
use keywright::identity::api_key::{self, NewKey, Owner};
use keywright::identity::event::Actor;
use keywright::oauth::api_key::Grantable;
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use keywright::oauth::token::grants::TOKEN_EXCHANGE;
use keywright::storage::api_keys::{self, ApiKeyRow};
use keywright::time::Seconds;

/// The issuer: what a person's key is for if nothing else is named.
pub const HERE: &str = "https://id.example.test";

/// An API of the operator for which people may make keys.
pub fn with_api(config: &mut Config) {
    config.api_keys.resources = vec![API.to_owned()];
    config.api_keys.scopes = vec!["notes:read".to_owned(), "notes:write".to_owned()];
}

impl TestApp {
    /// A key of alice for 90 days.
    pub async fn key_of_alice(&self, scope: &str, resource: &str) -> String {
        self.key_of(USERS[0].1, scope, resource).await
    }

    /// A key of whoever has this address, for 90 days.
    pub async fn key_of(&self, email: &str, scope: &str, resource: &str) -> String {
        let user = self.user(email).await;
        let grantable = Grantable::to_people(&self.app.config);
        self.key(Owner::User(&user.id), scope, resource, &grantable).await
    }

    /// A key of a client for 90 days.
    pub async fn key_of_client(&self, id: &str, scope: &str, resource: &str) -> String {
        let client = self.app.clients.find(&self.app.db, id, self.now()).await;
        let grantable = Grantable::to_client(&client.unwrap().unwrap());
        self.key(Owner::Client(id), scope, resource, &grantable).await
    }

    async fn key(&self, owner: Owner<'_>, scope: &str, resource: &str, grantable: &Grantable) -> String {
        let new = NewKey {
            owner,
            name: "backup",
            scope,
            resource,
            lifetime: Seconds(90 * 86_400),
        };
        let key = api_key::create(Actor::operator(&self.app), &new, grantable).await;
        key.unwrap().expose().to_owned()
    }

    /// The one key of an owner, as stored.
    pub async fn stored_key(&self, owner: &str) -> ApiKeyRow {
        let mut rows = api_keys::of_owner(self.app.db.read(), owner).await.unwrap();
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    /// Revokes the one key of alice.
    pub async fn revoke_key_of_alice(&self) {
        let alice = self.user(USERS[0].1).await;
        let row = self.stored_key(&alice.id).await;
        let revoked = api_key::revoke(Actor::operator(&self.app), Owner::of(&row), &row.id).await;
        assert!(revoked.unwrap());
    }

    /// Asks at `/auth/verify` as a proxy does that hands the `Authorization` header on.
    pub async fn verify(&self, key: &str, rule: &str) -> Answer {
        let request = Request::get(format!("/auth/verify{rule}"));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

/// A service that owns keys for [`API`].
pub fn owner() -> Metadata {
    Metadata {
        resources: vec![API.to_owned()],
        scope: "api:read api:write openid".to_owned(),
        ..profile(Profile::Service, Vec::new())
    }
}

/// A gateway in front of [`API`] that exchanges keys.
pub fn gateway() -> Metadata {
    Metadata {
        grant_types: vec![TOKEN_EXCHANGE.to_owned()],
        resources: vec![API.to_owned()],
        scope: "notes:read notes:write email roles groups api:read".to_owned(),
        ..Metadata::default()
    }
}
