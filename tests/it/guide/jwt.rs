//! The structure of a token, and what a JWT and a session cookie have on each other.

use super::parts;
use crate::auth::{post, sign_in};
use crate::resource::{IssuerServer, call, example};
use crate::support::{Browser, TestApp, USERS};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `{ "alg": "RS256", "typ": "JWT" }`; access tokens name their own type, so that none is taken for the other (RFC 9068).
#[tokio::test]
async fn header_of_a_token() {
    let app = TestApp::new().await;
    let tokens = app.web().await.tokens(&mut app.alice().await, &[]).await;
    for (token, typ) in [(tokens.id_token.unwrap(), "JWT"), (tokens.access_token, "at+jwt")] {
        let (header, _) = parts(&token);
        assert_eq!((&header["alg"], &header["typ"]), (&"RS256".into(), &typ.into()));
        assert_eq!(
            header.as_object().unwrap().len(),
            3,
            "{header}: and the name of the key"
        );
    }
}

/// `sub`, `email`, `roles`, `iat`, `exp`.
#[tokio::test]
async fn payload_of_a_token() {
    let app = TestApp::new().await;
    let (_, claims) = parts(&sign_in(&mut app.browser()).await.access_token());
    assert_eq!(claims["sub"], app.user(USERS[0].1).await.id);
    assert_eq!(claims["email"], USERS[0].1);
    assert_eq!(claims["roles"], serde_json::json!(["member"]));
    assert_eq!(claims["iat"], app.now().0);
    assert_eq!(claims["exp"], app.now().0 + 15 * 60);
}

/// `RSASHA256(base64(header) + "." + base64(payload), private_key)`, checked with the published key and nothing of ours.
#[tokio::test]
async fn signature_of_a_token() {
    let app = TestApp::new().await;
    let token = sign_in(&mut app.browser()).await.access_token();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = parts(&token);
    let keys = app.get("/jwks").await.json();
    let mut keys = keys["keys"].as_array().unwrap().iter();
    let key = keys.find(|key| key["kid"] == header["kid"]).unwrap();
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let key = RsaPublicKeyComponents {
        n: bytes(key["n"].as_str().unwrap()),
        e: bytes(key["e"].as_str().unwrap()),
    };
    let verify =
        |message: &str| key.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &bytes(signature));
    assert!(verify(signed).is_ok());
    assert!(verify(&signed.replacen('J', "K", 1)).is_err());
}

/// JWT: the client. Session cookie: the server.
#[tokio::test]
async fn storage() {
    let app = TestApp::new().await;
    sign_in(&mut app.browser()).await;
    assert_eq!(app.count("sessions").await, 0);
    let alice = app.alice().await;
    assert_eq!(app.count("sessions").await, 1);
    let cookie = &alice.cookies["__Host-kw-session"];
    assert!(
        !cookie.contains(USERS[0].1) && !cookie.contains('.'),
        "nothing but a name"
    );
}

/// JWT: no server state. Session cookie: a shared store.
#[tokio::test]
async fn scalability() {
    let issuer = IssuerServer::new().await;
    let bearer = format!("Bearer {}", issuer.token().await);
    for _ in 0..2 {
        let api = example::routes(issuer.resource(&issuer.url));
        assert_eq!(call(&api, "GET", "/hello", &[&bearer]).await.status, 200);
    }
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let other = app.another().await;
    let cookies = alice.cookies.clone();
    let mut there = Browser { app: &other, cookies };
    assert!(
        there.is_signed_in().await,
        "another server looks into the same database"
    );
}

/// JWT: a list of denied ones and a short lifetime. Session cookie: delete the session.
#[tokio::test]
async fn revocation() {
    let issuer = IssuerServer::new().await;
    let app = &issuer.app;
    let api = example::routes(issuer.resource(&issuer.url));
    let token = issuer.token().await;
    // Somebody who knows the key of the issuer and asks for nothing else.
    let unaware = || {
        let key = app.app.keyring.set().verify(&token, &["at+jwt"]);
        key.is_some_and(|claims| claims.check_times(app.now(), keywright::time::Seconds(0)).is_ok())
    };
    let bearer = format!("Bearer {token}");
    let mut logout = Request::post("/auth/logout").header(header::CONTENT_TYPE, "application/json");
    logout = logout.header(header::AUTHORIZATION, &bearer);
    let done = app.send(logout.body(Body::empty()).unwrap()).await;
    assert_eq!(done.status, 204);
    assert_eq!(app.count("denied_tokens").await, 1);
    assert_eq!(
        crate::auth::me(app, &token).await.status,
        401,
        "the issuer knows at once"
    );
    let told = call(&api, "GET", "/hello", &[&bearer]).await;
    assert_eq!(told.status, 401, "who reads the status list knows too");
    assert!(unaware(), "who asks nobody learns it at the end of the token");
    app.clock.advance(15 * 60);
    assert!(!unaware());

    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    app.sign_out_alice().await;
    assert!(!alice.is_signed_in().await);
}

/// JWT: larger, with its claims. Session cookie: small, just a name.
#[tokio::test]
async fn size() {
    let app = TestApp::new().await;
    let token = sign_in(&mut app.browser()).await.access_token();
    let alice = app.alice().await;
    let cookie = alice.cookies["__Host-kw-session"].len();
    assert!(cookie < 128, "{cookie}");
    assert!(token.len() > 4 * cookie, "{} {cookie}", token.len());
    assert!(token.len() < 2_048, "it fits into any header: {}", token.len());
}

/// JWT: theft. Session cookie: fixation, and requests from other sites.
#[tokio::test]
async fn security_risk() {
    let app = TestApp::new().await;
    let mut alice = app.browser();
    let token = sign_in(&mut alice).await.access_token();
    // A stolen token alone gets no new one, and ends.
    let mut thief = post("/auth/refresh", "");
    let bearer = format!("Bearer {token}").parse().unwrap();
    thief.headers_mut().insert(header::AUTHORIZATION, bearer);
    app.send(thief).await.problem(401, "invalid_refresh_token");
    app.clock.advance(15 * 60);
    assert_eq!(crate::auth::me(&app, &token).await.status, 401);
    // A cookie that the attacker knows is not the one of the session.
    let mut alice = app.browser();
    alice
        .cookies
        .insert("__Host-kw-session".to_owned(), "planted".to_owned());
    alice.sign_in(USERS[0].1, USERS[0].2).await;
    assert_ne!(alice.cookies["__Host-kw-session"], "planted");
    // A form of another site changes nothing, cookie or not.
    let request = Request::post("/logout")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "https://evil.test")
        .header("sec-fetch-site", "cross-site");
    let answer = alice
        .send(request.body(Body::from("decision=signout")).unwrap())
        .await;
    assert_eq!(answer.status, 403);
    assert!(alice.is_signed_in().await);
}
