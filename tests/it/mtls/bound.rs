//! Tokens that are bound to a certificate (RFC 8705 §3, §4): made so, and good only so.

use super::Stage;
use crate::support::certificates::Certified;
use crate::support::{Answer, RelyingParty, VERIFIER, basic};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use rcgen::KeyPair;
use serde_json::json;

fn certificate() -> Certified {
    Certified::self_signed("device", &KeyPair::generate().unwrap(), |_| ())
}

/// Redeems a code of a public client.
async fn redeem(stage: &Stage, client: &RelyingParty<'_>, code: &str, shown: Option<&Certified>) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.id.as_str()),
        ("code", code),
        ("redirect_uri", client.redirect_uri()),
        ("code_verifier", VERIFIER),
    ];
    stage.post("/token", shown, &form).await
}

async fn refresh(stage: &Stage, client: &str, token: &str, shown: Option<&Certified>) -> Answer {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", client),
        ("refresh_token", token),
    ];
    stage.post("/token", shown, &form).await
}

/// RFC 8705 §3 · AC-159
#[tokio::test]
async fn a_bound_access_token_is_good_with_its_certificate_only() {
    let stage = Stage::new().await;
    let spa = stage.bound_spa().await;
    let rs = stage.app.resource_server("rs", "https://id.example.test").await;
    let (own, other) = (certificate(), certificate());
    let code = spa.code(&mut stage.app.alice().await, &[]).await;
    let answer = redeem(&stage, &spa, &code, Some(&own)).await;
    assert_eq!(answer.json()["token_type"], "Bearer");
    let token = answer.tokens().access_token;
    let binding = json!({ "x5t#S256": own.thumbprint() });
    let claims = stage.app.claims(&token, "at+jwt");
    assert_eq!(claims.members()["cnf"], binding);

    for shown in [None, Some(&other)] {
        for path in ["/userinfo", "/auth/verify?audience=https://id.example.test"] {
            let refused = stage.get(path, &token, shown).await;
            assert_eq!(refused.status, 401, "{path}: {}", refused.body);
            assert_eq!(refused.json()["error"], "invalid_token", "{path}");
        }
    }
    for path in ["/userinfo", "/auth/verify?audience=https://id.example.test"] {
        let accepted = stage.get(path, &token, Some(&own)).await;
        assert_eq!(accepted.status, 200, "{path}: {}", accepted.body);
    }
    // A resource server asks for a client, whose certificate it has seen itself.
    let introspected = rs.introspect(&token).await;
    assert_eq!(
        (&introspected["active"], &introspected["cnf"]),
        (&json!(true), &binding)
    );
}

/// AC-159: sign-in by JSON takes no token of others, bound or not.
#[tokio::test]
async fn a_bound_token_opens_nothing_at_the_json_api() {
    let stage = Stage::new().await;
    let spa = stage.bound_spa().await;
    let own = certificate();
    let code = spa.code(&mut stage.app.alice().await, &[]).await;
    let token = redeem(&stage, &spa, &code, Some(&own))
        .await
        .tokens()
        .access_token;
    for shown in [None, Some(&own)] {
        let refused = stage.get("/auth/me", &token, shown).await;
        refused.refused(401, "invalid_token");
    }
}

/// RFC 8705 §3.4 · protocol-checks P-ensure-holder-of-key-required: nothing is used up by a request without certificate.
#[tokio::test]
async fn a_client_of_bound_tokens_must_show_a_certificate() {
    let stage = Stage::new().await;
    let spa = stage.bound_spa().await;
    let code = spa.code(&mut stage.app.alice().await, &[]).await;
    redeem(&stage, &spa, &code, None)
        .await
        .refused(400, "invalid_request");
    let tokens = redeem(&stage, &spa, &code, Some(&certificate())).await.tokens();
    assert!(
        stage
            .app
            .claims(&tokens.access_token, "at+jwt")
            .members()
            .contains_key("cnf")
    );

    let service = Metadata {
        tls_client_certificate_bound_access_tokens: true,
        ..profile(Profile::Service, Vec::new())
    };
    let service = stage.app.client("bound-svc", service).await;
    let form = [("grant_type", "client_credentials")];
    service
        .post("/token", &form)
        .await
        .refused(400, "invalid_request");
    let own = certificate();
    let headers = [
        ("client-cert", own.header()),
        (
            "authorization",
            basic("bound-svc", service.secret.as_ref().unwrap()),
        ),
    ];
    let token = stage
        .post_with("/token", &headers, &form)
        .await
        .tokens()
        .access_token;
    let claims = stage.app.claims(&token, "at+jwt");
    assert_eq!(claims.members()["cnf"]["x5t#S256"], own.thumbprint());
}

/// RFC 8705 §4 · AC-154: the refresh token of a public client is bound too, and a refusal leaves it good.
#[tokio::test]
async fn a_refresh_token_of_a_public_client_is_good_with_its_certificate_only() {
    let stage = Stage::new().await;
    let spa = stage.bound_spa().await;
    let (own, other) = (certificate(), certificate());
    let code = spa.code(&mut stage.app.alice().await, &[]).await;
    let first = redeem(&stage, &spa, &code, Some(&own)).await.tokens();
    let first = first.refresh_token.unwrap();
    for shown in [None, Some(&other), None] {
        let refused = refresh(&stage, "spa", &first, shown).await;
        refused.refused(400, "invalid_grant");
    }
    let second = refresh(&stage, "spa", &first, Some(&own)).await.tokens();
    let claims = stage.app.claims(&second.access_token, "at+jwt");
    assert_eq!(claims.members()["cnf"]["x5t#S256"], own.thumbprint());
    // The successor is as bound as it was, also once the operator has lifted the duty.
    let second = second.refresh_token.unwrap();
    stage.app.change_client("spa", &stage.app.spa_metadata()).await;
    for shown in [None, Some(&other)] {
        let refused = refresh(&stage, "spa", &second, shown).await;
        refused.refused(400, "invalid_grant");
    }
    let third = refresh(&stage, "spa", &second, Some(&own)).await.tokens();
    // A replay by somebody else ends nothing; one with everything right ends the family.
    refresh(&stage, "spa", &first, None)
        .await
        .refused(400, "invalid_grant");
    let fourth = refresh(&stage, "spa", &third.refresh_token.unwrap(), Some(&own)).await;
    let fourth = fourth.tokens().refresh_token.unwrap();
    refresh(&stage, "spa", &first, Some(&own))
        .await
        .refused(400, "invalid_grant");
    refresh(&stage, "spa", &fourth, Some(&own))
        .await
        .refused(400, "invalid_grant");
}

/// RFC 8705 §4: a confidential client may come with a newer certificate; it is bound by its authentication.
#[tokio::test]
async fn a_confidential_client_may_renew_its_certificate() {
    let stage = Stage::new().await;
    let base = profile(Profile::Web, vec!["https://web.test/cb".to_owned()]);
    let metadata = Metadata {
        token_endpoint_auth_method: "tls_client_auth".to_owned(),
        tls_client_auth_subject_dn: Some("CN=web,O=Example".to_owned()),
        tls_client_certificate_bound_access_tokens: true,
        ..base
    };
    let web = stage.app.client("web", metadata).await;
    let (old, new) = (
        stage.authority.certify("web", |_| ()),
        stage.authority.certify("web", |_| ()),
    );
    let code = web.code(&mut stage.app.alice().await, &[]).await;
    redeem(&stage, &web, &code, None)
        .await
        .refused(401, "invalid_client");
    let first = redeem(&stage, &web, &code, Some(&old)).await.tokens();
    let token = first.refresh_token.unwrap();
    refresh(&stage, "web", &token, None)
        .await
        .refused(401, "invalid_client");
    let second = refresh(&stage, "web", &token, Some(&new)).await.tokens();
    let claims = stage.app.claims(&second.access_token, "at+jwt");
    assert_eq!(claims.members()["cnf"]["x5t#S256"], new.thumbprint());
    let userinfo = async |shown| stage.get("/userinfo", &second.access_token, shown).await.status;
    assert_eq!(userinfo(Some(&old)).await, 401);
    assert_eq!(userinfo(Some(&new)).await, 200);
}

/// RFC 8628 · RFC 8705 §4: the tokens of a device, too.
#[tokio::test]
async fn the_tokens_of_a_device_are_bound_when_they_are_fetched() {
    let stage = Stage::new().await;
    let metadata = Metadata {
        tls_client_certificate_bound_access_tokens: true,
        ..profile(Profile::Device, Vec::new())
    };
    stage.app.client("dev", metadata).await;
    let clock = stage.app.clock.clone();
    let seed = crate::support::seed::Seed::new(&stage.app, clock).await;
    let (_, code) = seed.device_code("dev").await;
    let form = crate::support::server::device_form("dev", &code);
    stage
        .post("/token", None, &form)
        .await
        .refused(400, "invalid_request");
    let own = certificate();
    let tokens = stage.post("/token", Some(&own), &form).await.tokens();
    let refresh_token = tokens.refresh_token.unwrap();
    refresh(&stage, "dev", &refresh_token, Some(&certificate()))
        .await
        .refused(400, "invalid_grant");
    refresh(&stage, "dev", &refresh_token, Some(&own)).await.tokens();
}

/// RFC 8705 §3.4: without the duty a certificate binds nothing, so that old clients go on as they were.
#[tokio::test]
async fn a_client_that_did_not_ask_for_it_gets_no_bound_tokens() {
    let stage = Stage::new().await;
    let spa = stage.app.spa().await;
    let code = spa.code(&mut stage.app.alice().await, &[]).await;
    let tokens = redeem(&stage, &spa, &code, Some(&certificate())).await.tokens();
    assert!(
        !stage
            .app
            .claims(&tokens.access_token, "at+jwt")
            .members()
            .contains_key("cnf")
    );
    assert_eq!(stage.app.userinfo(&tokens.access_token).await.status, 200);
    refresh(&stage, "spa", &tokens.refresh_token.unwrap(), None)
        .await
        .tokens();
}
