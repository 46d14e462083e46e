//! Provider metadata and JWKS: what is promised is true, in every place where clients look for it.

mod capabilities;

use crate::support::{Answer, TestApp, USERS, VERIFIER};
use axum::body::Body;
use axum::http::Request;
use keywright::config::{Config, Issuer};
use serde_json::Value;

const OIDC: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// OIDC Discovery §4 · RFC 8414 §3 · protocol-checks C2
#[tokio::test]
async fn both_well_known_paths_serve_the_same_metadata() {
    let app = TestApp::new().await;
    let oidc = app.get(OIDC).await;
    let oauth = app.get(OAUTH).await;
    assert_eq!((oidc.status.as_u16(), oauth.status.as_u16()), (200, 200));
    assert_eq!(oidc.body, oauth.body);
    assert_eq!(oidc.json()["issuer"], "https://id.example.test");
    assert_eq!(oidc.json()["id_token_signing_alg_values_supported"][0], "RS256");
    assert_eq!(oidc.header("content-type"), "application/json");
}

/// RFC 8414 §2 · OIDC Discovery §3 · protocol-checks C2 · AC-039: names, types and required members.
#[tokio::test]
async fn the_document_fits_the_registered_metadata() {
    let app = TestApp::new().await;
    let document = app.get(OIDC).await.json();
    let members = document.as_object().unwrap();
    let mut known = vec!["issuer"];
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "introspection_endpoint",
        "revocation_endpoint",
        "device_authorization_endpoint",
        "end_session_endpoint",
        "status_list_aggregation_endpoint",
    ] {
        let address = members[name].as_str().unwrap();
        assert!(address.starts_with("https://id.example.test/"), "{name}");
        assert!(!address.contains(['?', '#']), "{name}");
        known.push(name);
    }
    for name in [
        "scopes_supported",
        "claims_supported",
        "response_types_supported",
        "response_modes_supported",
        "grant_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "token_endpoint_auth_methods_supported",
        "revocation_endpoint_auth_methods_supported",
        "introspection_endpoint_auth_methods_supported",
        "code_challenge_methods_supported",
        "prompt_values_supported",
        "acr_values_supported",
        "display_values_supported",
        "claim_types_supported",
        "ui_locales_supported",
    ] {
        let mut values = strings(&document, name);
        assert!(!values.is_empty(), "{name}");
        let all = values.len();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), all, "{name} has repeats");
        known.push(name);
    }
    for (name, value) in [
        ("claims_parameter_supported", true),
        ("request_parameter_supported", false),
        ("request_uri_parameter_supported", false),
        ("authorization_response_iss_parameter_supported", true),
    ] {
        assert_eq!(members[name], value, "{name}");
        known.push(name);
    }
    let mut unknown = members.keys().filter(|name| !known.contains(&name.as_str()));
    assert_eq!(
        unknown.next(),
        None,
        "nothing is promised that this test does not know"
    );

    assert_eq!(strings(&document, "response_types_supported"), ["code"]);
    assert_eq!(strings(&document, "code_challenge_methods_supported"), ["S256"]);
    assert_eq!(strings(&document, "subject_types_supported"), ["public"]);
    assert!(strings(&document, "scopes_supported").contains(&"openid".to_owned()));
    assert!(
        !strings(&document, "introspection_endpoint_auth_methods_supported").contains(&"none".to_owned())
    );
    let algs = strings(&document, "id_token_signing_alg_values_supported");
    assert_eq!(algs, ["RS256", "ES256"]);
}

/// OIDC Discovery §4 · AC-054, AC-055: nothing of the request gets into it, and nobody can poison a copy.
#[tokio::test]
async fn the_document_is_the_same_whatever_the_host_header_says() {
    let app = TestApp::new().await;
    let honest = app.get(OIDC).await;
    for (name, value) in [
        ("host", "evil.test"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.test;proto=http"),
        ("x-forwarded-prefix", "/evil"),
    ] {
        for path in [OIDC, OAUTH] {
            let request = Request::get(path).header(name, value);
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.body, honest.body, "{name}");
        }
    }
}

/// Caches may keep them, scripts of any origin may read them.
#[tokio::test]
async fn documents_may_be_cached_and_read_by_anyone() {
    let app = TestApp::new().await;
    for path in [OIDC, OAUTH, "/jwks"] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        assert!(answer.headers.get("pragma").is_none());
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.headers.get("access-control-allow-credentials").is_none());
        let preflight = Request::options(path)
            .header("origin", "https://spa.test")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "mcp-protocol-version");
        let preflight = app.send(preflight.body(Body::empty()).unwrap()).await;
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.header("access-control-allow-methods"), "GET");
        assert!(
            preflight
                .header("access-control-allow-headers")
                .contains("mcp-protocol-version")
        );
        let posted = Request::post(path).body(Body::empty()).unwrap();
        assert_eq!(app.send(posted).await.status, 405);
    }
}

/// RFC 7517 §5 · RFC 8725 §3.5 · AC-171 · protocol-checks C0
#[tokio::test]
async fn the_jwks_has_public_keys_only_each_with_its_own_kid() {
    let app = TestApp::new().await;
    let keys = app.get("/jwks").await.json();
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    let mut kids = Vec::new();
    for key in keys {
        let key = key.as_object().unwrap();
        for name in key.keys() {
            let public = ["kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"];
            assert!(public.contains(&name.as_str()), "{name}");
        }
        assert_eq!(key["use"], "sig");
        if key["kty"] == "RSA" {
            assert!(key["n"].as_str().unwrap().len() >= 342, "2048 bits");
        }
        kids.push(key["kid"].as_str().unwrap());
    }
    kids.dedup();
    assert_eq!(kids.len(), 2);
    let parsed: jsonwebtoken::jwk::JwkSet = serde_json::from_value(app.get("/jwks").await.json()).unwrap();
    for key in &parsed.keys {
        jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
    }
}

/// RFC 8414 §3.1 · OIDC Discovery §4.1 · AC-055: the forms that clients try for an issuer with a path.
#[tokio::test]
async fn an_issuer_with_a_path_is_found_in_every_form() {
    let setup = |config: &mut Config| {
        config.public_url = Issuer::parse("https://example.test/auth/id").unwrap();
    };
    let app = TestApp::with(setup).await;
    let honest = app.get("/auth/id/.well-known/openid-configuration").await;
    assert_eq!(honest.json()["issuer"], "https://example.test/auth/id");
    for path in [
        "/auth/id/.well-known/openid-configuration",
        "/auth/id/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration/auth/id",
        "/.well-known/oauth-authorization-server/auth/id",
    ] {
        let answer = app.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body),
            (200, &honest.body),
            "{path}"
        );
    }
    assert_eq!(app.get("/auth/id").await.status, 200, "the home page");
    for path in [
        OIDC,
        OAUTH,
        "/jwks",
        "/token",
        "/.well-known/openid-configuration/auth",
        "/auth/.well-known/openid-configuration",
        "/auth/idx/.well-known/openid-configuration",
    ] {
        assert_eq!(app.get(path).await.status, 404, "{path}: another issuer");
    }
    for name in [
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "authorization_endpoint",
    ] {
        let address = honest.json()[name].as_str().unwrap().to_owned();
        let path = address.strip_prefix("https://example.test").unwrap();
        assert!(path.starts_with("/auth/id/"), "{address}");
        assert_ne!(app.get(path).await.status, 404, "{address}");
    }
}

/// RFC 3986 §6: paths are compared as they are.
#[tokio::test]
async fn a_path_that_is_almost_right_is_not_found() {
    let app = TestApp::new().await;
    for path in [
        "/.well-known/openid-configuration/",
        "/.well-known/openid-configuration/x",
        "//jwks",
        "/jwks/",
        "/JWKS",
        "/token/",
        "/./jwks",
        "/%6awks",
        "/.well-known/jwks.json",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("\"keys\""), "{path}");
    }
}

/// What this server does not do is not in the document, and not at the usual address either.
#[tokio::test]
async fn nothing_is_promised_or_served_that_is_not_there() {
    let app = TestApp::new().await;
    let document = app.get(OIDC).await.json();
    for (name, path) in [
        ("registration_endpoint", "/register"),
        ("pushed_authorization_request_endpoint", "/par"),
        ("check_session_iframe", "/check_session"),
        ("backchannel_logout_supported", "/backchannel"),
        ("dpop_signing_alg_values_supported", "/metrics"),
        ("tls_client_certificate_bound_access_tokens", "/admin"),
    ] {
        assert!(document.get(name).is_none(), "{name}");
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
}

/// The values of a member that is an array of strings.
#[track_caller]
fn strings(document: &Value, name: &str) -> Vec<String> {
    let values = document[name].as_array().unwrap_or_else(|| panic!("{name}"));
    values
        .iter()
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}

/// Whether an answer is anything but "no such page".
fn is_served(answer: &Answer) -> bool {
    answer.status != 404
}

/// The whole code flow below the path of the issuer.
#[tokio::test]
async fn an_issuer_with_a_path_signs_people_in_below_it() {
    let setup = |config: &mut Config| {
        config.public_url = Issuer::parse("https://example.test/auth/id").unwrap();
    };
    let app = TestApp::with(setup).await;
    let web = app.web().await;
    let mut browser = app.browser();
    let to_login = browser.get(&format!("/auth/id{}", web.authorize_url(&[]))).await;
    let mut page = browser.follow(&to_login).await;
    for (path, fields) in [
        (
            "/auth/id/login",
            [("username", USERS[0].1), ("password", USERS[0].2)],
        ),
        ("/auth/id/consent", [("decision", "allow"), ("x", "")]),
    ] {
        assert!(page.body.contains(&format!("action=\"{path}\"")), "{}", page.body);
        let (flow, csrf) = (page.hidden("flow").unwrap(), page.hidden("csrf").unwrap());
        let mut form = vec![("flow", flow.as_str()), ("csrf", &csrf)];
        form.extend(fields);
        let answer = browser.post(path, &form).await;
        if path.ends_with("consent") {
            assert_eq!(answer.returned("iss").unwrap(), "https://example.test/auth/id");
            let form = [
                ("grant_type", "authorization_code"),
                ("code", &answer.returned("code").unwrap()),
                ("redirect_uri", web.redirect_uri()),
                ("code_verifier", VERIFIER),
            ];
            let tokens = web.post("/auth/id/token", &form).await.tokens();
            let claims = app.claims(&tokens.id_token.unwrap(), "JWT");
            assert_eq!(claims.text("iss"), Some("https://example.test/auth/id"));
            return;
        }
        page = browser.follow(&answer).await;
    }
}
