//! What `oxide-auth` gets wrong when it is driven otherwise (findings F1 to F19) cannot happen here.

use crate::support::{RelyingParty, TestApp, basic, sources};
use keywright::oauth::client::registration::{Profile, check, profile};
use keywright::oauth::client::{ApplicationType, Metadata};
use keywright::oauth::engine::scope::Scope;
use keywright::oauth::redirect_uri::check_registration;

const ENGINE: &str = "src/oauth/engine/";

/// Design §4: one adapter; everything else speaks our own types.
#[test]
fn only_the_adapter_uses_the_engine() {
    let files = sources("src");
    let users: Vec<_> = files
        .iter()
        .filter(|(_, text)| text.contains("oxide_auth::"))
        .collect();
    assert!(users.len() >= 5, "the engine is used");
    for (name, _) in users {
        assert!(name.starts_with(ENGINE), "{name}");
    }
}

/// Design §4 · F13, F17: what the adapter must not use.
#[test]
fn the_adapter_keeps_to_the_parts_of_the_engine_that_are_right() {
    for (name, text) in sources("src/oauth/engine") {
        for (forbidden, why) in [
            (".await", "its inputs are not Send"),
            ("oxide_auth::endpoint", "its loops decide what we decide"),
            ("oxide_auth::frontends", "its simple frontends"),
            ("allow_plain", "S256 only"),
            ("Pkce::optional", "F10: a downgrade would pass"),
            ("Deserialize", "F13: it needs borrowed text"),
            ("to_url", "F8: URLs are compared and sent as text"),
            ("TokenMap", "its stores are in memory"),
            ("AuthMap", "its stores are in memory"),
        ] {
            assert!(!text.contains(forbidden), "{name}: {forbidden}: {why}");
        }
        // F17: `Input::None` is the first input of a machine and never a later one.
        let nones = text.matches("Input::None").count() - text.matches("`Input::None`").count();
        assert_eq!(
            nones,
            text.matches("let mut input = Input::None;").count(),
            "{name}"
        );
    }
}

/// F1, F2: no `iss`, no `id_token`, `token_type` in lower case.
#[tokio::test]
async fn f1_f2_responses_have_what_openid_connect_adds() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let back = web.authorize(&mut app.alice().await, &[]).await;
    assert_eq!(back.returned("iss").unwrap(), "https://id.example.test");
    let answer = web.redeem(&back.returned("code").unwrap()).await;
    assert_eq!(answer.json()["token_type"], "Bearer");
    assert!(answer.json()["id_token"].is_string());
}

/// F3, F4, F5 · RFC 6749 §5.2: a code that is not good is `invalid_grant`, and a used one takes its tokens along.
#[tokio::test]
async fn f3_f4_f5_a_bad_code_is_an_invalid_grant() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    let wrong = "x".repeat(43);
    web.redeem_with(&code, &[("code_verifier", &wrong)])
        .await
        .refused(400, "invalid_grant");
    web.redeem("unknown").await.refused(400, "invalid_grant");
    let tokens = web.redeem(&code).await.tokens();
    web.redeem(&code).await.refused(400, "invalid_grant");
    assert!(!web.is_active(&tokens.access_token).await);
}

/// F6 · OAuth 2.1 §10.2: where PKCE binds the code, `redirect_uri` may be left out.
#[tokio::test]
async fn f6_a_bound_code_needs_no_redirect_uri_at_the_token_endpoint() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let code = web.code(&mut alice, &[]).await;
    web.redeem_with(&code, &[("redirect_uri", "")]).await.tokens();
    let metadata = Metadata {
        require_pkce: false,
        ..web.metadata.clone()
    };
    app.change_client("web", &metadata).await;
    let unbound = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = web.code(&mut alice, &unbound).await;
    let without = [("redirect_uri", ""), ("code_verifier", "")];
    web.redeem_with(&code, &without)
        .await
        .refused(400, "invalid_grant");
    web.redeem_with(&code, &without[1..]).await.tokens();
}

/// F7 · RFC 9700 §2.1: compared as text, not as parsed URLs.
#[tokio::test]
async fn f7_equal_urls_are_not_equal_text() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    for other in [
        "HTTPS://web.test/cb",
        "https://WEB.test/cb",
        "https://web.test:443/cb",
        "https://web.test/./cb",
        "https://web.test/x/../cb",
        "https://web.test/%63b",
        "https://web.test/cb#",
        "https://web.test/cb?",
        " https://web.test/cb",
    ] {
        web.redeem_with(&code, &[("redirect_uri", other)])
            .await
            .refused(400, "invalid_grant");
    }
    web.redeem(&code).await.tokens();
}

/// F8: the registered bytes reach the `Location`, not a normal form of them.
#[tokio::test]
async fn f8_the_location_keeps_the_registered_bytes() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    for (id, redirect) in [
        ("bare", "https://app2.example"),
        ("query", "https://app3.example/cb?a=%7E1"),
    ] {
        let client = app
            .client(id, profile(Profile::Web, vec![redirect.to_owned()]))
            .await;
        check(id, &client.metadata, &[]).unwrap();
        let answer = client.authorize(&mut alice, &[]).await;
        let separator = if redirect.contains('?') { '&' } else { '?' };
        let expected = format!("{redirect}{separator}code=");
        assert!(answer.location().starts_with(&expected), "{}", answer.location());
        client.redeem(&answer.returned("code").unwrap()).await.tokens();
    }
}

/// F9 · RFC 6749 §10.4: without a secret the client is compared all the same.
#[tokio::test]
async fn f9_a_public_client_cannot_use_the_refresh_token_of_another() {
    let app = TestApp::new().await;
    let (spa, other) = (app.spa().await, app.evil_spa().await);
    let tokens = spa.tokens(&mut app.alice().await, &[]).await;
    let refresh_token = tokens.refresh_token.unwrap();
    other.refresh(&refresh_token).await.refused(400, "invalid_grant");
    let nameless = [("grant_type", "refresh_token"), ("refresh_token", &refresh_token)];
    app.post("/token", &nameless).await.refused(401, "invalid_client");
    spa.refresh(&refresh_token).await.tokens();
}

/// F10 · RFC 9700 §4.8.2
#[tokio::test]
async fn f10_a_verifier_without_a_challenge_is_refused() {
    let app = TestApp::new().await;
    let mut metadata = app.web().await.metadata;
    metadata.require_pkce = false;
    let lenient = app.client("lenient", metadata).await;
    let unbound = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = lenient.code(&mut app.alice().await, &unbound).await;
    lenient.redeem(&code).await.refused(400, "invalid_request");
}

/// F11, F12 · RFC 6749 §2.3.1: Basic with a repeated identifier; a refresh with the secret in the form; escapes.
#[tokio::test]
async fn f11_f12_clients_authenticate_as_they_do_in_practice() {
    let app = TestApp::new().await;
    let (web, web_post) = (app.web().await, app.web_post().await);
    let mut alice = app.alice().await;
    let code = web.code(&mut alice, &[]).await;
    web.redeem_with(&code, &[("client_id", "web")]).await.tokens();
    let tokens = web_post.tokens(&mut alice, &[]).await;
    web_post.refresh(&tokens.refresh_token.unwrap()).await.tokens();
    let escaped = RelyingParty {
        secret: web.secret.as_ref().map(|secret| secret.replace('_', "%5f")),
        ..web.on(&app)
    };
    escaped.tokens(&mut alice, &[]).await;
}

/// F13: scope is read from text and written as text.
#[test]
fn f13_scope_survives_storage_as_text() {
    let scope = Scope::parse("b a !#[]~ c").unwrap();
    assert_eq!(Scope::parse(&scope.to_string()).unwrap(), scope);
    assert_eq!(scope.to_string(), "!#[]~ a b c");
}

/// F14: one order, whatever was asked.
#[test]
fn f14_scope_has_one_order() {
    for _ in 0..50 {
        let scope = Scope::parse("profile email openid groups roles phone address").unwrap();
        assert_eq!(
            scope.to_string(),
            "address email groups openid phone profile roles"
        );
    }
}

/// F15 · RFC 8252 §7.3, §8.3: any port on the loopback addresses, none on `localhost` that is not registered.
#[tokio::test]
async fn f15_loopback_addresses_choose_their_port_and_localhost_does_not() {
    let app = TestApp::new().await;
    let native = app.native().await;
    let mut alice = app.alice().await;
    for port in ["1024", "65535"] {
        let redirect = format!("http://127.0.0.1:{port}/cb");
        let answer = native.authorize(&mut alice, &[("redirect_uri", &redirect)]).await;
        assert!(answer.location().starts_with(&redirect), "{}", answer.location());
        let code = answer.returned("code").unwrap();
        // The port belongs to the redirect URI that the code is bound to.
        native.redeem(&code).await.refused(400, "invalid_grant");
        native
            .redeem_with(&code, &[("redirect_uri", &redirect)])
            .await
            .tokens();
    }
    for redirect in [
        "http://localhost:9/cb",
        "http://[::1]:9/cb",
        "https://127.0.0.1:9/cb",
    ] {
        alice
            .get(&native.authorize_url(&[("redirect_uri", redirect)]))
            .await
            .error_page();
    }
}

/// F16 · RFC 6749 §3.1.2
#[test]
fn f16_a_redirect_uri_with_a_fragment_cannot_be_registered() {
    for uri in [
        "https://web.test/cb#",
        "https://web.test/cb#x",
        "http://127.0.0.1/#x",
    ] {
        for kind in [ApplicationType::Web, ApplicationType::Native] {
            assert!(check_registration(uri, kind).is_err(), "{uri}");
        }
    }
}

/// F17: a refresh that asks for a scope is carried to its end.
#[tokio::test]
async fn f17_a_refresh_with_a_scope_keeps_it() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let tokens = web.tokens(&mut app.alice().await, &[]).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh_token.as_deref().unwrap()),
        ("scope", "email"),
    ];
    assert_eq!(web.post("/token", &form).await.tokens().scope, "email");
}

/// F18 · RFC 6749 §5.2: a refused scope is `invalid_scope` in JSON, malformed or not.
#[tokio::test]
async fn f18_a_refused_scope_of_a_service_is_invalid_scope() {
    let app = TestApp::new().await;
    let service = app.service().await;
    for scope in ["api:read \"", "admin", "api:read admin"] {
        let answer = service
            .post(
                "/token",
                &[("grant_type", "client_credentials"), ("scope", scope)],
            )
            .await;
        answer.refused(400, "invalid_scope");
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

/// F19 · RFC 6749 §4.1.2.1: missing is not unsupported.
#[tokio::test]
async fn f19_a_missing_response_type_is_an_invalid_request() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    for (response_type, error) in [
        ("", "invalid_request"),
        ("foo", "unsupported_response_type"),
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("password", "unsupported_response_type"),
    ] {
        let answer = alice
            .get(&web.authorize_url(&[("response_type", response_type)]))
            .await;
        answer.back_with(web.redirect_uri(), error);
        assert_eq!(answer.returned("state").as_deref(), Some("the-state"));
    }
}

/// "All primitive errors are `()`": here a database that is down is neither 500 nor `invalid_grant`.
#[tokio::test]
async fn a_database_that_is_down_is_not_a_refusal() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    app.app.db.close().await;
    let answer = web.redeem(&code).await;
    answer.refused(503, "temporarily_unavailable");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    let header = basic("web", "wrong");
    app.app.clients.forget("web");
    let answer = app
        .post_as(&header, "/token", &[("grant_type", "client_credentials")])
        .await;
    answer.refused(503, "temporarily_unavailable");
}

/// Its own clock is not asked: an hour of ours is an hour.
#[tokio::test]
async fn expiry_is_decided_by_our_clock() {
    let app = TestApp::new().await;
    app.clock.advance(-1_700_000_000);
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    web.redeem(&code).await.tokens();
}
