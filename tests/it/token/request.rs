//! The shape of a token request (RFC 6749 §3.2), whatever its grant; the order of the checks.

use crate::support::{Answer, TestApp, VERIFIER, basic};
use axum::body::Body;
use axum::http::{Method, Request, header};

const FORM: &str = "application/x-www-form-urlencoded";

async fn send(app: &TestApp, content_type: Option<&str>, authorization: &str, body: Vec<u8>) -> Answer {
    let mut request = Request::post("/token").header(header::AUTHORIZATION, authorization);
    if let Some(content_type) = content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    app.send(request.body(Body::from(body)).unwrap()).await
}

/// RFC 6749 §3.2 · AC-015 · AC-053
#[tokio::test]
async fn only_post_reaches_the_token_endpoint() {
    let app = TestApp::new().await;
    for path in ["/token", "/introspect", "/revoke", "/device_authorization"] {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
            Method::TRACE,
        ] {
            let request = Request::builder().method(method.clone()).uri(path);
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert!(answer.header("allow").contains("POST"), "{method} {path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
}

/// RFC 6749 §2.3.1 · RFC 9700 §4.2.4 · AC-053: secrets in addresses end in logs.
#[tokio::test]
async fn parameters_in_the_address_are_refused_and_spend_nothing() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    let authorization = basic("web", web.secret.as_ref().unwrap());
    let redirect = ("redirect_uri", web.redirect_uri());
    let grant = ("grant_type", "authorization_code");
    let verifier = ("code_verifier", VERIFIER);
    for (path, form) in [
        (format!("/token?code={code}"), vec![grant, redirect, verifier]),
        (
            format!("/token?code={code}"),
            vec![grant, redirect, verifier, ("code", &code)],
        ),
        (
            "/token?x=1".to_owned(),
            vec![grant, redirect, verifier, ("code", &code)],
        ),
        (
            format!("/token?grant_type=authorization_code&code={code}&code_verifier={VERIFIER}"),
            vec![],
        ),
    ] {
        let answer = app.post_as(&authorization, &path, &form).await;
        answer.refused(400, "invalid_request");
    }
    web.redeem(&code).await.tokens();
}

/// RFC 6749 §3.2: "Request and response parameters MUST NOT be included more than once."
#[tokio::test]
async fn a_repeated_parameter_is_refused_and_spends_nothing() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    let authorization = basic("web", web.secret.as_ref().unwrap());
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", web.redirect_uri()),
        ("code_verifier", VERIFIER),
        ("extra", "1"),
    ];
    for (name, value) in form {
        for second in [value, "other"] {
            let mut form = form.to_vec();
            form.push((name, second));
            let answer = app.post_as(&authorization, "/token", &form).await;
            answer.refused(400, "invalid_request");
        }
    }
    let tokens = app.post_as(&authorization, "/token", &form).await.tokens();
    let refresh_token = tokens.refresh_token.unwrap();
    let twice = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &refresh_token),
        ("refresh_token", &refresh_token),
    ];
    app.post_as(&authorization, "/token", &twice)
        .await
        .refused(400, "invalid_request");
    web.refresh(&refresh_token).await.tokens();
}

/// RFC 6749 §3.1, §3.2: without a value is omitted; unknown is ignored.
#[tokio::test]
async fn empty_parameters_count_as_absent_and_unknown_ones_are_ignored() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let authorization = basic("svc", service.secret.as_ref().unwrap());
    let unknown: String = (0..200).map(|n| format!("&foo{n}=bar")).collect();
    for body in [
        "grant_type=client_credentials&scope=&foo=1".to_owned(),
        "scope=&scope=api%3Aread&grant_type=client_credentials".to_owned(),
        format!("grant_type=client_credentials{unknown}"),
    ] {
        send(&app, Some(FORM), &authorization, body.into_bytes())
            .await
            .tokens();
    }
    for body in ["grant_type=", "grant_type", "", "scope=api%3Aread"] {
        let answer = send(&app, Some(FORM), &authorization, body.into()).await;
        answer.refused(400, "invalid_request");
    }
}

/// RFC 6749 §3.2 · AC-250
#[tokio::test]
async fn only_a_form_in_utf8_is_read() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let authorization = basic("svc", service.secret.as_ref().unwrap());
    let body = b"grant_type=client_credentials".to_vec();
    for content_type in [
        FORM,
        "Application/X-WWW-Form-Urlencoded",
        "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded;charset=utf-8",
    ] {
        let answer = send(&app, Some(content_type), &authorization, body.clone()).await;
        answer.tokens();
    }
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/json"),
        Some("multipart/form-data; boundary=x"),
        Some("application/x-www-form-urlencoded; charset=utf-16"),
        Some("application/x-www-form-urlencodedx"),
    ] {
        let answer = send(&app, content_type, &authorization, body.clone()).await;
        answer.refused(400, "invalid_request");
    }
}

/// AC-246 · AC-247 · AC-249: refused before anything is looked up, and nothing comes back.
#[tokio::test]
async fn hostile_bodies_are_refused() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let authorization = basic("svc", service.secret.as_ref().unwrap());
    let fields: String = (0..2_000).map(|n| format!("&f{n}=1")).collect();
    for body in [
        b"grant_type=client_credentials&scope=%ff%fe".to_vec(),
        b"grant_type=client_credentials&scope=%c0%80".to_vec(),
        b"grant_type=client_credentials&scope=a%00b".to_vec(),
        b"grant_type=client_credentials&a%00=b".to_vec(),
        b"grant_type=client_credentials&scope=%".to_vec(),
        b"grant_type=client_credentials&scope=%g0".to_vec(),
        b"grant_type=client_credentials&scope=\xff".to_vec(),
        format!("grant_type=client_credentials{fields}").into_bytes(),
    ] {
        let answer = send(&app, Some(FORM), &authorization, body).await;
        answer.refused(400, "invalid_request");
    }
    let large = format!("grant_type=client_credentials&scope={}", "a".repeat(64 * 1024));
    let answer = send(&app, Some(FORM), &authorization, large.into_bytes()).await;
    answer.refused(413, "invalid_request");
    let probe = "<svg onload=alert(1)>\r\nSet-Cookie: x=1";
    let web = app.web().await;
    let (service_grant, refresh) = ("client_credentials", "refresh_token");
    for (client, grant_type, name) in [
        (&service, "", "grant_type"),
        (&service, service_grant, "scope"),
        (&service, service_grant, "client_id"),
        (&service, service_grant, "resource"),
        (&web, "authorization_code", "code"),
        (&web, refresh, "refresh_token"),
    ] {
        let answer = client
            .post("/token", &[("grant_type", grant_type), (name, probe)])
            .await;
        assert!(
            (400..=401).contains(&answer.status.as_u16()),
            "{name}: {}",
            answer.body
        );
        assert!(!answer.body.contains("svg") && answer.headers.get("set-cookie").is_none());
    }
}

/// RFC 6749 §5.2 · AC-115
#[tokio::test]
async fn a_grant_type_must_be_known_and_registered_for_the_client() {
    let app = TestApp::new().await;
    let (web, service, spa) = (app.web().await, app.service().await, app.spa().await);
    for unknown in [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:implicit",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "Client_Credentials",
        "client_credentials ",
    ] {
        for client in [&web, &service, &spa] {
            let form = [("grant_type", unknown), ("username", "a"), ("password", "b")];
            let answer = client.post("/token", &form).await;
            answer.refused(400, "unsupported_grant_type");
        }
    }
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    for (client, grant_type) in [
        (&web, "client_credentials"),
        (&spa, "client_credentials"),
        (&service, "authorization_code"),
        (&service, "refresh_token"),
        (&web, device),
        (&web, exchange),
        (&spa, exchange),
    ] {
        let form = [
            ("grant_type", grant_type),
            ("code", "x"),
            ("refresh_token", "x"),
            ("device_code", "x"),
        ];
        client
            .post("/token", &form)
            .await
            .refused(400, "unauthorized_client");
    }
}

/// Design §3: who asks comes first, so that nobody learns about grants without credentials.
#[tokio::test]
async fn the_client_is_authenticated_before_anything_else_is_said() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let wrong = basic("web", "wrong");
    for grant_type in ["password", "client_credentials", "authorization_code", ""] {
        let answer = app
            .post_as(&wrong, "/token", &[("grant_type", grant_type), ("code", "x")])
            .await;
        answer.refused(401, "invalid_client");
    }
    for missing in ["code", "grant_type"] {
        let answer = web.redeem_with("x", &[(missing, "")]).await;
        answer.refused(400, "invalid_request");
    }
    let form = [("grant_type", "refresh_token")];
    web.post("/token", &form).await.refused(400, "invalid_request");
}

/// RFC 9700 §2.6 · AC-263: any script may call it, no cookie counts.
#[tokio::test]
async fn the_token_endpoint_may_be_called_from_any_origin_without_credentials() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let code = spa.code(&mut app.alice().await, &[]).await;
    for answer in [spa.redeem(&code).await, spa.redeem("x").await] {
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.headers.get("access-control-allow-credentials").is_none());
        assert!(answer.headers.get("set-cookie").is_none());
    }
}
