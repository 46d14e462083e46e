//! An accepted token, and what a route requires of one.

use super::Denied;
use crate::jose::Claims;
use crate::time::Timestamp;
use serde_json::{Map, Value};

/// An accepted access token. Only [`super::Resource::check`] makes them.
#[derive(Clone, Debug)]
pub struct Access {
    claims: Claims,
}

impl Access {
    pub(super) fn new(claims: Claims) -> Self {
        Self { claims }
    }

    /// The user, or the client where a client acts for itself.
    pub fn subject(&self) -> &str {
        self.claims.text("sub").unwrap_or_default()
    }

    /// The client that the token was issued to.
    pub fn client_id(&self) -> &str {
        self.claims.text("client_id").unwrap_or_default()
    }

    /// Whether the scope has this token.
    pub fn has_scope(&self, token: &str) -> bool {
        let scope = self.claims.text("scope").unwrap_or_default();
        scope.split(' ').any(|granted| granted == token)
    }

    /// Whether the user had this role when the token was issued.
    pub fn has_role(&self, role: &str) -> bool {
        match self.claims.members().get("roles") {
            Some(Value::Array(roles)) => roles.iter().any(|known| known.as_str() == Some(role)),
            _ => false,
        }
    }

    /// All claims.
    pub fn claims(&self) -> &Map<String, Value> {
        self.claims.members()
    }
}

/// What a route requires, beyond a good token. Empty: nothing.
#[derive(Clone, Debug, Default)]
pub struct Require {
    scope: Vec<String>,
    roles: Vec<String>,
    acr: Vec<String>,
    max_age: Option<i64>,
}

impl Require {
    /// A good token is enough.
    pub fn token() -> Self {
        Self::default()
    }

    /// The scope must have this token too.
    #[must_use]
    pub fn scope(mut self, token: &str) -> Self {
        self.scope.push(token.to_owned());
        self
    }

    /// The user must have this role, or one of the others that are named.
    #[must_use]
    pub fn role(mut self, role: &str) -> Self {
        self.roles.push(role.to_owned());
        self
    }

    /// The user must have signed in in this way, or in one of the others that are named (RFC 9470).
    #[must_use]
    pub fn acr(mut self, class: &str) -> Self {
        self.acr.push(class.to_owned());
        self
    }

    /// The user must have signed in within this many seconds (RFC 9470).
    #[must_use]
    pub fn max_age(mut self, seconds: i64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    pub(super) fn check(&self, access: &Access, now: Timestamp) -> Result<(), Denied> {
        if !self.scope.iter().all(|token| access.has_scope(token)) {
            return Err(Denied::InsufficientScope(self.scope.join(" ")));
        }
        if !self.roles.is_empty() && !self.roles.iter().any(|role| access.has_role(role)) {
            return Err(Denied::InsufficientRole);
        }
        let claims = &access.claims;
        let acr = claims.text("acr").unwrap_or_default();
        let is_class = self.acr.is_empty() || self.acr.iter().any(|class| class == acr);
        let is_fresh = self.max_age.is_none_or(|age| {
            let signed_in = claims.time("auth_time").ok().flatten();
            signed_in.is_some_and(|signed_in| now.since(signed_in).0 <= age)
        });
        if is_class && is_fresh {
            return Ok(());
        }
        Err(Denied::InsufficientAuthentication {
            acr_values: self.acr.join(" "),
            max_age: self.max_age,
        })
    }
}
