//! A client: asks for codes, redeems them, refreshes.

use super::answer::returned;
use super::{Answer, Browser, TestApp};
use keywright::oauth::client::Metadata;
use serde_json::Value;

/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub struct RelyingParty<'a> {
    pub app: &'a TestApp,
    pub id: String,
    pub secret: Option<String>,
    pub metadata: Metadata,
}

/// What a token response held.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: Option<String>,
    pub id_token: Option<String>,
    pub scope: String,
}

/// The `Authorization` header of `client_secret_basic`.
pub fn basic(id: &str, secret: &str) -> String {
    use base64::Engine;
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"))
    )
}

impl RelyingParty<'_> {
    /// The same client, talking to another node.
    pub fn on<'b>(&self, app: &'b TestApp) -> RelyingParty<'b> {
        RelyingParty {
            app,
            id: self.id.clone(),
            secret: self.secret.clone(),
            metadata: self.metadata.clone(),
        }
    }

    /// The redirect URI it uses.
    pub fn redirect_uri(&self) -> &str {
        &self.metadata.redirect_uris[0]
    }

    /// The address of a valid authorization request, changed by `changes`: a value replaces, an empty one removes.
    pub fn authorize_url(&self, changes: &[(&str, &str)]) -> String {
        let mut params = vec![
            ("client_id", self.id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", self.redirect_uri()),
            ("scope", "openid email"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            params.retain(|(known, _)| known != name);
            params.push((name, value));
        }
        params.retain(|(_, value)| !value.is_empty());
        format!(
            "/authorize?{}",
            url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(params)
                .finish()
        )
    }

    /// Sends the browser through sign-in (it must be signed in already) and consent; the answer leads to the client.
    pub async fn authorize(&self, browser: &mut Browser<'_>, changes: &[(&str, &str)]) -> Answer {
        let answer = browser.get(&self.authorize_url(changes)).await;
        if !answer.header("location").contains("/consent?") {
            return answer;
        }
        let page = browser.follow(&answer).await;
        browser.decide(&page, "allow").await
    }

    /// A code for the user of the browser.
    pub async fn code(&self, browser: &mut Browser<'_>, changes: &[(&str, &str)]) -> String {
        let answer = self.authorize(browser, changes).await;
        answer
            .returned("code")
            .unwrap_or_else(|| panic!("no code: {}", answer.location()))
    }

    /// Posts to a client endpoint, authenticated as registered.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut form = form.to_vec();
        match (&self.secret, self.metadata.token_endpoint_auth_method.as_str()) {
            (Some(secret), "client_secret_basic") => {
                return self.app.post_as(&basic(&self.id, secret), path, &form).await;
            }
            (Some(secret), _) => form.extend([("client_id", self.id.as_str()), ("client_secret", secret)]),
            (None, _) => form.push(("client_id", &self.id)),
        }
        self.app.post(path, &form).await
    }

    /// Redeems a code with the right verifier.
    pub async fn redeem(&self, code: &str) -> Answer {
        self.redeem_with(code, &[]).await
    }

    /// Redeems a code, the valid request changed by `changes`.
    pub async fn redeem_with(&self, code: &str, changes: &[(&str, &str)]) -> Answer {
        let redirect_uri = self.redirect_uri().to_owned();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            form.push((name, value));
        }
        form.retain(|(_, value)| !value.is_empty());
        self.post("/token", &form).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.post(
            "/token",
            &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)],
        )
        .await
    }

    pub async fn introspect(&self, token: &str) -> Value {
        self.post("/introspect", &[("token", token)]).await.json()
    }

    /// Whether introspection calls a token of this client active.
    pub async fn is_active(&self, token: &str) -> bool {
        self.introspect(token).await["active"] == true
    }

    /// Whether an access token of this client's grant is honored, asked at userinfo: public clients may ask there too.
    pub async fn is_family_alive(&self, access_token: &str) -> bool {
        self.app.userinfo(access_token).await.status == 200
    }

    pub async fn revoke(&self, token: &str) -> Answer {
        self.post("/revoke", &[("token", token)]).await
    }

    /// The tokens of a whole flow for the user of the browser.
    pub async fn tokens(&self, browser: &mut Browser<'_>, changes: &[(&str, &str)]) -> Tokens {
        let code = self.code(browser, changes).await;
        self.redeem(&code).await.tokens()
    }
}

impl Answer {
    /// The tokens of a successful token response.
    #[track_caller]
    pub fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.header("cache-control"), "no-store");
        let json = self.json();
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        Tokens {
            access_token: text("access_token").unwrap(),
            refresh_token: text("refresh_token"),
            id_token: text("id_token"),
            scope: text("scope").unwrap_or_default(),
        }
    }

    /// The parameters that a redirect carries, in order.
    pub fn all_returned(&self) -> Vec<String> {
        let names = ["code", "error", "state", "iss"];
        names
            .iter()
            .filter_map(|name| returned(self.location(), name).map(|_| (*name).to_owned()))
            .collect()
    }
}
