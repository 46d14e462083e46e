//! The `claims` parameter (OIDC Core §5.5): claims asked for by name, for the ID token or for userinfo.

use super::engine::scope::Scope;
use super::error::{Refusal, invalid_request};
use super::scopes;
use serde_json::{Map, Value, json};

/// Bounds the work on hostile input.
const MAX_LENGTH: usize = 4_096;

/// A parsed `claims` parameter.
#[derive(Clone, Debug, Default)]
pub struct ClaimsRequest {
    id_token: Map<String, Value>,
    userinfo: Map<String, Value>,
}

impl ClaimsRequest {
    /// Reads the parameter; members that are unknown are ignored.
    ///
    /// # Errors
    /// `invalid_request`: not a JSON object of objects.
    pub fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let refused = || {
            invalid_request(
                "claims",
                "The claims parameter is not a JSON object as in OIDC Core 5.5.",
            )
        };
        if text.len() > MAX_LENGTH {
            return Err(refused());
        }
        let mut request: Map<String, Value> = serde_json::from_str(text).map_err(|_| refused())?;
        let mut section = |name: &str| match request.remove(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(claims)) => Ok(claims),
            Some(_) => Err(refused()),
        };
        Ok(Self {
            id_token: section("id_token")?,
            userinfo: section("userinfo")?,
        })
    }

    /// Without the claims that no scope in `allowed` stands for: a client gets by name what it could get by scope.
    /// To leave claims out is no error, even for essential ones (OIDC Core §5.5.1).
    #[must_use]
    pub fn limited_to(mut self, allowed: &Scope) -> Self {
        for claims in [&mut self.id_token, &mut self.userinfo] {
            claims.retain(|claim, _| scope_of(claim).is_some_and(|scope| allowed.has(scope)));
        }
        self
    }

    /// The scopes that stand for these claims (OIDC Core §5.4): the user is asked for those.
    pub fn scope(&self) -> Scope {
        let claims = self.id_token.keys().chain(self.userinfo.keys());
        Scope::of(&claims.filter_map(|claim| scope_of(claim)).collect::<Vec<_>>())
    }

    /// The parameter that asks for these claims; `None` if there are none.
    pub fn text(&self) -> Option<String> {
        let empty = self.id_token.is_empty() && self.userinfo.is_empty();
        (!empty).then(|| json!({ "id_token": self.id_token, "userinfo": self.userinfo }).to_string())
    }

    /// Whether the ID token should have this claim.
    pub fn in_id_token(&self, claim: &str) -> bool {
        self.id_token.contains_key(claim)
    }

    /// Whether userinfo should have this claim.
    pub fn in_userinfo(&self, claim: &str) -> bool {
        self.userinfo.contains_key(claim)
    }

    /// Values of an essential `acr` in the ID token (OIDC Core §5.5.1.1): the login must reach one of them.
    pub fn essential_acr(&self) -> Option<Vec<String>> {
        let acr = self.id_token.get("acr")?.as_object()?;
        if acr.get("essential") != Some(&Value::Bool(true)) {
            return None;
        }
        let values = acr
            .get("values")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let all = values.into_iter().chain(acr.get("value").cloned());
        let texts: Vec<String> = all
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect();
        (!texts.is_empty()).then_some(texts)
    }

    /// The `sub` that the client insists on (OIDC Core §5.5.1).
    pub fn subject(&self) -> Option<&str> {
        self.id_token.get("sub")?.get("value")?.as_str()
    }
}

fn scope_of(claim: &str) -> Option<&'static str> {
    let known = scopes::ALL.iter().find(|known| known.claims.contains(&claim));
    known.map(|known| known.name)
}
