//! Access tokens (RFC 9068): what is in them, and that nothing else is taken for one.

use crate::support::{API, TestApp, Tokens};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use keywright::config::Config;
use keywright::oauth::client::Metadata;
use keywright::opaque::{Kind, Opaque};
use keywright::time::Seconds;
use serde_json::{Value, json};

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn parts(token: &str) -> (Value, Value, String) {
    let mut parts = token.split('.');
    let mut next = || parts.next().unwrap();
    (decoded(next()), decoded(next()), next().to_owned())
}

async fn tokens(app: &TestApp, scope: &str) -> Tokens {
    let changes = [("scope", scope)];
    app.web().await.tokens(&mut app.alice().await, &changes).await
}

/// RFC 9068 §2 · the claims of the integration guide (`sub`, `email`, `roles`, `iat`, `exp`; 15 minutes; RS256) · AC-174
#[tokio::test]
async fn a_users_token_has_exactly_the_claims_of_its_scope() {
    let app = TestApp::new().await;
    let tokens = tokens(&app, "openid email roles groups profile phone").await;
    let (header, claims, _) = parts(&tokens.access_token);
    let kid = header["kid"].clone();
    assert_eq!(header, json!({"alg": "RS256", "typ": "at+jwt", "kid": kid}));
    let expected = json!({
        "iss": "https://id.example.test",
        "sub": app.user("alice@example.test").await.id,
        "aud": "https://id.example.test",
        "client_id": "web",
        "iat": 1_800_000_000,
        "exp": 1_800_000_900,
        "jti": claims["jti"],
        "scope": "email groups openid phone profile roles",
        "auth_time": 1_800_000_000,
        "acr": "urn:keywright:acr:password",
        "amr": ["pwd"],
        "sid": claims["sid"],
        "email": "alice@example.test",
        "roles": ["member"],
        "groups": ["staff"],
        "status": claims["status"],
    });
    assert_eq!(claims, expected);
}

/// AC-174: an address, roles and groups only with their scope.
#[tokio::test]
async fn personal_claims_need_their_scope() {
    let app = TestApp::new().await;
    let (_, claims, _) = parts(&tokens(&app, "openid profile").await.access_token);
    for name in ["email", "roles", "groups", "name"] {
        assert!(claims.get(name).is_none(), "{name}");
    }
}

/// RFC 9068 §2.2: without a user there is nothing about one.
#[tokio::test]
async fn a_services_token_is_about_the_service() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let grant = [("grant_type", "client_credentials")];
    let token = service.post("/token", &grant).await.tokens().access_token;
    let (header, claims, _) = parts(&token);
    assert_eq!(header["typ"], "at+jwt");
    let expected = json!({
        "iss": "https://id.example.test", "sub": "svc", "aud": "https://id.example.test", "client_id": "svc",
        "iat": 1_800_000_000, "exp": 1_800_000_900, "jti": claims["jti"], "scope": "api:read api:write",
        "status": claims["status"],
    });
    assert_eq!(claims, expected);
    assert_eq!(claims["jti"].as_str().unwrap().len(), 22, "128 bits");
}

/// protocol-checks C0 `expires_in`: the operator's, and told as a number.
#[tokio::test]
async fn the_lifetime_is_as_configured() {
    let app = TestApp::with(|config: &mut Config| config.tokens.access_token = Seconds(300)).await;
    let service = app.service().await;
    let answer = service
        .post("/token", &[("grant_type", "client_credentials")])
        .await;
    assert_eq!(answer.json()["expires_in"], 300);
    let token = answer.tokens().access_token;
    app.clock.advance(299);
    assert!(service.is_active(&token).await);
    app.clock.advance(1);
    assert!(!service.is_active(&token).await);
}

/// A database dump and a claim are no place for a secret.
#[tokio::test]
async fn no_claim_holds_a_secret_of_the_user_or_the_grant() {
    let app = TestApp::new().await;
    let tokens = tokens(&app, "openid email profile roles").await;
    let alice = app.user("alice@example.test").await;
    let (_, claims, _) = parts(&tokens.access_token);
    let text = claims.to_string();
    assert!(!text.contains("argon2") && !text.contains(&alice.password_hash.unwrap()));
    assert!(!text.contains(&tokens.refresh_token.unwrap()));
}

/// RFC 8725 · AC-175: forgeries at the endpoints that take access tokens.
#[tokio::test]
async fn a_forged_token_is_refused_at_userinfo_and_introspection() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let honest = web.tokens(&mut app.alice().await, &[]).await.access_token;
    let (header, claims, signature) = parts(&honest);
    let with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        format!("{}.{}.{signature}", encoded(&header), encoded(&claims))
    };
    let jwks = app.get("/jwks").await.json();
    let published = jwks["keys"].as_array().unwrap();
    let rsa = published.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let es256 = published.iter().find(|key| key["alg"] == "ES256").unwrap();
    let mut forged = Vec::new();
    for alg in [
        "none", "None", "NONE", "nOnE", "", "HS256", "RS384", "ES256", "PS256",
    ] {
        forged.push(with("alg", alg.into()));
        let unsigned = with("alg", alg.into());
        forged.push(format!("{}.", unsigned.rsplit_once('.').unwrap().0));
    }
    let modulus = URL_SAFE_NO_PAD.decode(rsa["n"].as_str().unwrap()).unwrap();
    let key_text = rsa.to_string();
    for secret in [
        modulus.as_slice(),
        key_text.as_bytes(),
        rsa["n"].as_str().unwrap().as_bytes(),
    ] {
        let mut header = header.clone();
        header["alg"] = "HS256".into();
        let input = format!("{}.{}", encoded(&header), encoded(&claims));
        let secret = EncodingKey::from_secret(secret);
        let mac = jsonwebtoken::crypto::sign(input.as_bytes(), &secret, Algorithm::HS256).unwrap();
        forged.push(format!("{input}.{mac}"));
    }
    for kid in ["../../etc/passwd", "' OR 1=1 --", "", "http://evil.test/jwks"] {
        forged.push(with("kid", kid.into()));
    }
    for (name, value) in [
        ("jwk", rsa.clone()),
        ("jku", json!("https://evil.test/jwks")),
        ("x5u", json!("https://evil.test/cert")),
        ("zip", json!("DEF")),
        ("crit", json!(["exp"])),
        ("typ", json!("JWT")),
    ] {
        forged.push(with(name, value));
    }
    let zero = URL_SAFE_NO_PAD.encode([0; 64]);
    let es_header = json!({"alg": "ES256", "typ": "at+jwt", "kid": es256["kid"]});
    forged.push(format!("{}.{}.{zero}", encoded(&es_header), encoded(&claims)));
    let (protected, rest) = honest.split_once('.').unwrap();
    let payload = rest.split_once('.').unwrap().0;
    forged.push(json!({"protected": protected, "payload": payload, "signature": signature}).to_string());
    for (name, value) in [
        ("sub", json!("someone")),
        ("exp", json!(9_999_999_999_i64)),
        ("scope", json!("openid roles")),
    ] {
        let mut claims = claims.clone();
        claims[name] = value;
        forged.push(format!("{}.{}.{signature}", encoded(&header), encoded(&claims)));
    }
    forged.push(honest.replace('.', ".."));
    forged.push(format!("{honest}.x"));
    forged.push(format!("{honest}="));
    for token in forged {
        app.userinfo(&token).await.refused(401, "invalid_token");
        let answer = web.post("/introspect", &[("token", &token)]).await;
        assert_eq!(answer.body, r#"{"active":false}"#, "{token}");
    }
    assert!(web.is_active(&honest).await);
}

/// A token of this server's own keys under another issuer name, after the server was renamed.
#[tokio::test]
async fn a_token_of_another_issuer_is_refused_even_with_our_keys() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let honest = web.tokens(&mut app.alice().await, &[]).await.access_token;
    let (_, mut claims, _) = parts(&honest);
    let signed = |claims: &Value| app.app.keyring.set().sign("RS256", "at+jwt", claims).unwrap();
    assert!(web.is_active(&signed(&claims)).await, "the harness signs rightly");
    for (name, value) in [
        ("iss", json!("https://evil.test")),
        ("iss", json!("https://id.example.test/")),
        ("iss", json!(null)),
        ("exp", json!(null)),
        ("exp", json!("1800000900")),
        ("jti", json!(null)),
        ("jti", json!("00000000000000000000000000000000.x")),
        ("client_id", json!(null)),
        ("client_id", json!("nobody")),
        ("nbf", json!(1_800_000_011)),
        ("iat", json!(1_800_000_011)),
    ] {
        let before = claims[name].clone();
        claims[name] = value;
        assert!(!web.is_active(&signed(&claims)).await, "{name}");
        claims[name] = before;
        if claims[name].is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    // AC-275: the clock of the node that signed may be a little ahead.
    claims["iat"] = json!(1_800_000_010);
    assert!(web.is_active(&signed(&claims)).await);
}

/// AC-176: what this server has not made costs no look at the database.
#[tokio::test]
async fn forgeries_are_refused_without_the_database() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let tokens = web.tokens(&mut app.alice().await, &[]).await;
    let refresh_token = tokens.refresh_token.unwrap();
    let mut changed = refresh_token.clone();
    let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
    changed.push(last);
    assert!(Opaque::parse(Kind::RefreshToken, &refresh_token, &app.app.vault).is_some());
    assert!(Opaque::parse(Kind::RefreshToken, &changed, &app.app.vault).is_none());
    app.app.db.close().await;
    for forged in ["garbage", &changed, &format!("{}x", tokens.access_token)] {
        app.userinfo(forged).await.refused(401, "invalid_token");
    }
    app.userinfo(&tokens.access_token)
        .await
        .refused(503, "temporarily_unavailable");
}

/// RFC 9068 §3 · AC-122: a token for one API is not one for another, nor for this server.
#[tokio::test]
async fn a_token_for_an_api_is_for_that_api_alone() {
    let app = TestApp::new().await;
    let metadata = Metadata {
        resources: vec![API.to_owned()],
        ..app.spa_metadata()
    };
    let client = app.client("caller", metadata).await;
    let changes = [("scope", "email"), ("resource", API)];
    let token = client.tokens(&mut app.alice().await, &changes).await.access_token;
    let (_, claims, _) = parts(&token);
    assert_eq!(claims["aud"], API);
    let (here, there) = (
        app.resource_server("here", API).await,
        app.resource_server("there", "https://api2.test").await,
    );
    assert!(here.is_active(&token).await && !there.is_active(&token).await);
    app.userinfo(&token).await.refused(403, "insufficient_scope");
}
