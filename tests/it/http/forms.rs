//! Bodies: one content type, strict text, nothing merged (RFC 6749 §3.2, appendix B).

use crate::support::{Answer, TestApp, basic};
use axum::body::Body;
use axum::http::{Request, header};

const FORM: &str = "application/x-www-form-urlencoded";
const CLIENT_ENDPOINTS: [&str; 4] = ["/token", "/introspect", "/revoke", "/device_authorization"];
const PAGES: [&str; 7] = [
    "/authorize",
    "/end_session",
    "/login",
    "/consent",
    "/device",
    "/device/confirm",
    "/logout",
];

async fn post(app: &TestApp, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
    let mut request = Request::post(path);
    if !content_type.is_empty() {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    app.send(request.body(body.into()).unwrap()).await
}

/// OAuth 2.1 §3.2.2 · ASVS 3.5.2 · AC-063, AC-250
#[tokio::test]
async fn only_forms_are_read() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let good = format!(
        "grant_type=client_credentials&client_id=svc&client_secret={}",
        service.secret.as_deref().unwrap()
    );
    for content_type in [
        "",
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded-x",
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/x-www-form-urlencoded; charset=utf-8; x=y",
        "text/plain, application/x-www-form-urlencoded",
        "application/xml",
        "*/*",
    ] {
        for path in CLIENT_ENDPOINTS {
            let answer = post(&app, path, content_type, good.clone()).await;
            answer.refused(400, "invalid_request");
        }
        for path in PAGES {
            let answer = post(&app, path, content_type, "{\"decision\":\"allow\"}").await;
            assert_eq!(answer.status, 400, "{path} {content_type}");
            answer.error_page();
        }
    }
    for content_type in [
        FORM,
        "Application/X-WWW-Form-URLencoded",
        "application/x-www-form-urlencoded;charset=UTF-8",
        "application/x-www-form-urlencoded ; charset=utf-8",
    ] {
        let body = "grant_type=client_credentials";
        let request = Request::post("/token")
            .header(header::CONTENT_TYPE, content_type)
            .header(
                header::AUTHORIZATION,
                basic("svc", service.secret.as_deref().unwrap()),
            );
        let answer = app.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, 200, "{content_type}: {}", answer.body);
    }
}

/// RFC 6749 §2.3.1 · RFC 9700 §4.2.4 · ASVS 14.2.1
#[tokio::test]
async fn parameters_in_the_address_of_a_post_are_refused() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let secret = service.secret.as_deref().unwrap();
    for path in CLIENT_ENDPOINTS {
        for query in ["client_secret=x", "x=1", "grant_type=client_credentials"] {
            let request = Request::post(format!("{path}?{query}"))
                .header(header::CONTENT_TYPE, FORM)
                .header(header::AUTHORIZATION, basic("svc", secret));
            let body = Body::from("grant_type=client_credentials&token=x");
            let answer = app.send(request.body(body).unwrap()).await;
            answer.refused(400, "invalid_request");
        }
    }
    for path in PAGES {
        let answer = post(&app, &format!("{path}?decision=allow"), FORM, "x=1").await;
        assert_eq!(answer.status, 400, "{path}");
        answer.error_page();
    }
}

/// RFC 6749 appendix B · AC-249: text that no database and no header has to deal with.
#[tokio::test]
async fn broken_text_is_refused_everywhere() {
    let app = TestApp::new().await;
    app.service().await;
    for broken in ["%ff%fe", "%c0%80", "%ed%a0%80", "%00", "x%00y", "%", "%4", "%zz"] {
        for name in [
            "client_id",
            "scope",
            "username",
            "code",
            "user_code",
            "token",
            "flow",
            "csrf",
        ] {
            let body = format!("grant_type=client_credentials&client_id=svc&{name}={broken}");
            for path in CLIENT_ENDPOINTS {
                let answer = post(&app, path, FORM, body.clone()).await;
                answer.refused(400, "invalid_request");
            }
            for path in PAGES {
                let answer = post(&app, path, FORM, body.clone()).await;
                assert_eq!(answer.status, 400, "{path} {name}={broken}");
                answer.error_page();
            }
        }
    }
    // The same bytes without an escape.
    for raw in [
        &b"client_id=\xff\xfe"[..],
        b"client_id=a\0b",
        b"client_id=\xc0\x80",
    ] {
        post(&app, "/token", FORM, raw.to_vec())
            .await
            .refused(400, "invalid_request");
        post(&app, "/login", FORM, raw.to_vec()).await.error_page();
    }
}

/// CVE-2026-33504 · AC-251: a quote is a letter like any other.
#[tokio::test]
async fn sql_in_a_parameter_is_text() {
    let app = TestApp::new().await;
    let (web, device) = (app.web().await, app.device().await);
    let before = app.holdings().await;
    for probe in [
        "' OR 1=1--",
        "\") ; SELECT pg_sleep(10)--",
        "'; DROP TABLE users; --",
        "\u{2019} OR \u{2019}\u{2019}=\u{2019}",
        "%27",
        "\\'",
        "$1",
    ] {
        let as_client = [("client_id", probe), ("grant_type", "client_credentials")];
        app.post("/token", &as_client)
            .await
            .refused(401, "invalid_client");
        for form in [
            &[("grant_type", "authorization_code"), ("code", probe)][..],
            &[("grant_type", "refresh_token"), ("refresh_token", probe)],
        ] {
            web.post("/token", form).await.refused(400, "invalid_grant");
        }
        let poll = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", probe),
        ];
        device.post("/token", &poll).await.refused(400, "invalid_grant");
        let introspected = web.post("/introspect", &[("token", probe)]).await;
        assert_eq!(introspected.body, r#"{"active":false}"#);
        assert_eq!(web.post("/revoke", &[("token", probe)]).await.status, 200);
        let url = web.authorize_url(&[("client_id", probe)]);
        app.get(&url).await.error_page();
        let value: String = url::form_urlencoded::byte_serialize(probe.as_bytes()).collect();
        for page in ["/login", "/consent"] {
            assert_eq!(app.get(&format!("{page}?flow={value}")).await.status, 400);
        }
        assert_eq!(app.get(&format!("/device?user_code={value}")).await.status, 200);
        assert_eq!(app.get(&format!("/setup/{value}")).await.status, 404);
    }
    assert_eq!(app.holdings().await, before);
    assert_eq!(app.count("users").await, 2);
}
