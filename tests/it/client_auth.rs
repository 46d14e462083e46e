//! Client authentication (RFC 6749 §2.3), the same at every endpoint that clients call.

use crate::support::{Answer, TestApp, basic};
use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keywright::storage::clients;
use keywright::time::Seconds;

const ENDPOINTS: [&str; 4] = ["/token", "/introspect", "/revoke", "/device_authorization"];

/// A form that every endpoint would read.
const FORM: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("token", "x")];

fn with(more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let form = FORM.iter().chain(more);
    form.map(|(name, value)| (*name, (*value).to_owned())).collect()
}

async fn post(app: &TestApp, path: &str, headers: &[&str], form: &[(&'static str, String)]) -> Answer {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for value in headers {
        request = request.header(header::AUTHORIZATION, *value);
    }
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    app.send(request.body(Body::from(body)).unwrap()).await
}

/// RFC 6749 §2.3 · RFC 9110 §15.5.2 · AC-098
#[tokio::test]
async fn wrong_credentials_are_invalid_client_at_every_endpoint() {
    let app = TestApp::new().await;
    let (web, web_post, evil) = (app.web().await, app.web_post().await, app.evil().await);
    let (good, good_post) = (web.secret.unwrap(), web_post.secret.unwrap());
    let foreign = evil.secret.unwrap();
    let (truncated, space, longer) = (&good[..good.len() - 1], format!("{good} "), format!("{good}A"));
    let upper = good.to_ascii_uppercase();
    for path in ENDPOINTS {
        for (what, secret) in [
            ("wrong", "wrong"),
            ("empty", ""),
            ("trailing space", &space),
            ("truncated", truncated),
            ("extended", &longer),
            ("other case", &upper),
            ("of another client", &foreign),
        ] {
            let answer = post(&app, path, &[&basic("web", secret)], &with(&[])).await;
            assert_eq!(answer.status, 401, "{what} {path}");
            answer.refused(401, "invalid_client");
            assert!(answer.header("www-authenticate").starts_with("Basic "));
        }
        for (what, more) in [
            ("no credentials", vec![]),
            ("identifier only", vec![("client_id", "post")]),
            ("wrong", vec![("client_id", "post"), ("client_secret", "wrong")]),
            ("empty", vec![("client_id", "post"), ("client_secret", "")]),
            (
                "foreign",
                vec![("client_id", "post"), ("client_secret", &foreign)],
            ),
            (
                "unknown",
                vec![("client_id", "nobody"), ("client_secret", &good_post)],
            ),
            (
                "NUL-like",
                vec![("client_id", "\u{1}"), ("client_secret", &good_post)],
            ),
        ] {
            let answer = post(&app, path, &[], &with(&more)).await;
            assert_eq!(answer.status, 401, "{what} {path}");
            answer.refused(401, "invalid_client");
        }
        let nameless = post(&app, path, &[], &with(&[("client_secret", &good_post)])).await;
        nameless.refused(400, "invalid_request");
    }
}

/// AC-098: a failed try spends nothing.
#[tokio::test]
async fn a_failed_authentication_never_burns_a_code() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    let mut wrong = web.on(&app);
    wrong.secret = Some("wrong".to_owned());
    for _ in 0..3 {
        wrong.redeem(&code).await.refused(401, "invalid_client");
    }
    web.redeem(&code).await.tokens();
}

/// RFC 6749 §2.3 "MUST NOT use more than one" · AC-099
#[tokio::test]
async fn more_than_one_method_is_an_invalid_request() {
    let app = TestApp::new().await;
    let (web, web_post) = (app.web().await, app.web_post().await);
    let (secret, other) = (web.secret.as_ref().unwrap(), web_post.secret.as_ref().unwrap());
    let header = basic("web", secret);
    let jwt = "eyJhbGciOiJub25lIn0.e30.";
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    for path in ENDPOINTS {
        for more in [
            vec![("client_id", "web"), ("client_secret", secret.as_str())],
            vec![("client_id", "post"), ("client_secret", other)],
            vec![("client_secret", secret)],
            vec![("client_assertion", jwt), ("client_assertion_type", kind)],
        ] {
            let answer = post(&app, path, &[&header], &with(&more)).await;
            answer.refused(400, "invalid_request");
        }
        let answer = post(&app, path, &[&header, &header], &with(&[])).await;
        answer.refused(400, "invalid_request");
        let form = with(&[
            ("client_id", "post"),
            ("client_secret", other),
            ("client_assertion", jwt),
        ]);
        let answer = post(&app, path, &[], &form).await;
        answer.refused(400, "invalid_request");
        // An assertion alone is a method that nobody is registered for.
        let form = with(&[("client_id", "spa"), ("client_assertion", jwt)]);
        post(&app, path, &[], &form).await.refused(401, "invalid_client");
    }
}

/// ASVS 10.4.16 · AC-100 · AC-101: the registered method is the only one.
#[tokio::test]
async fn only_the_registered_method_works() {
    let app = TestApp::new().await;
    let (web, web_post, spa) = (app.web().await, app.web_post().await, app.spa().await);
    let (secret, post_secret) = (web.secret.unwrap(), web_post.secret.unwrap());
    let spa_secret = app.new_secret(&spa.id).await;
    for path in ENDPOINTS {
        let cases = [
            (vec![], with(&[("client_id", "web"), ("client_secret", &secret)])),
            (vec![], with(&[("client_id", "web")])),
            (vec![basic("post", &post_secret)], with(&[])),
            // A public client has no secret, not even one that the database knows.
            (
                vec![],
                with(&[("client_id", "spa"), ("client_secret", &spa_secret)]),
            ),
            (vec![], with(&[("client_id", "spa"), ("client_secret", "x")])),
            (vec![basic("spa", &spa_secret)], with(&[])),
            (vec![basic("spa", "")], with(&[])),
        ];
        for (headers, form) in cases {
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            post(&app, path, &headers, &form)
                .await
                .refused(401, "invalid_client");
        }
    }
}

/// RFC 6749 §2.3.1 · RFC 7617 §2 · AC-102
#[tokio::test]
async fn basic_credentials_are_read_strictly() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let secret = service.secret.unwrap();
    let raw = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
    let good = basic("svc", &secret);
    let encoded = good.strip_prefix("Basic ").unwrap();
    let form = with(&[]);
    for accepted in [
        good.clone(),
        format!("basic {encoded}"),
        format!("BASIC {encoded}"),
        raw(format!("%73vc:{}", secret.replace('_', "%5F")).as_bytes()),
    ] {
        post(&app, "/token", &[&accepted], &form).await.tokens();
    }
    for refused in [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!!".to_owned(),
        format!("Basic  {encoded}"),
        format!("Basic {encoded} "),
        format!("Basic {}", encoded.trim_end_matches('=').to_owned() + "===="),
        format!("Basic {} {}", &encoded[..4], &encoded[4..]),
        format!("Bearer {encoded}"),
        format!("Digest {encoded}"),
        encoded.to_owned(),
        raw(b"svc"),
        raw(b":"),
        raw(format!(":{secret}").as_bytes()),
        raw(format!("svc: {secret}").as_bytes()),
        raw(format!("svc:{secret}\n").as_bytes()),
        raw(format!("svc%00:{secret}").as_bytes()),
        raw(format!("svc:{secret}%").as_bytes()),
        raw(&[b"svc:\xff\xfe", secret.as_bytes()].concat()),
        raw(format!("svc:extra:{secret}").as_bytes()),
        raw(&[b'A'; 48 * 1024]),
    ] {
        post(&app, "/token", &[&refused], &form)
            .await
            .refused(401, "invalid_client");
    }
    let request = Request::post("/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::AUTHORIZATION, &b"Basic \xff\xfe"[..]);
    let answer = app.send(request.body(Body::from("grant_type=x")).unwrap()).await;
    answer.refused(400, "invalid_request");
}

/// Common clients repeat their identifier in the form; another one there is no mere repeat.
#[tokio::test]
async fn the_identifier_may_be_repeated_beside_basic_but_not_changed() {
    let app = TestApp::new().await;
    let service = app.service().await;
    app.evil().await;
    let header = basic("svc", &service.secret.unwrap());
    let same = with(&[("client_id", "svc")]);
    post(&app, "/token", &[&header], &same).await.tokens();
    for other in ["evil", "SVC", "svc "] {
        let form = with(&[("client_id", other)]);
        post(&app, "/token", &[&header], &form)
            .await
            .refused(401, "invalid_client");
    }
}

/// RFC 7662 §2.1: introspection is for those who can keep a secret.
#[tokio::test]
async fn public_clients_may_call_what_needs_no_secret() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    spa.post("/introspect", &[("token", "x")])
        .await
        .refused(401, "invalid_client");
    assert_eq!(spa.revoke("x").await.status, 200);
}

/// ASVS 13.3.4 · AC-112: two secrets while one replaces the other.
#[tokio::test]
async fn an_old_secret_works_until_the_overlap_ends() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let old = service.secret.clone().unwrap();
    let now = app.app.clock.now();
    let ends = now + Seconds(3_600);
    let expired = clients::expire_secrets(app.app.db.write(), "svc", ends, now).await;
    expired.unwrap();
    let new = app.new_secret("svc").await;
    let form = with(&[]);
    let works = async |secret: &str| {
        app.app.clients.forget("svc");
        post(&app, "/token", &[&basic("svc", secret)], &form).await.status == 200
    };
    assert!(works(&old).await && works(&new).await);
    app.clock.advance(3_599);
    assert!(works(&old).await);
    app.clock.advance(1);
    assert!(!works(&old).await && works(&new).await);
    // A second rotation ends what was in overlap at once.
    let now = app.app.clock.now();
    clients::expire_secrets(app.app.db.write(), "svc", now + Seconds(60), now)
        .await
        .unwrap();
    let newest = app.new_secret("svc").await;
    let now = app.app.clock.now();
    clients::expire_secrets(app.app.db.write(), "svc", now + Seconds(60), now)
        .await
        .unwrap();
    assert!(!works(&new).await && works(&newest).await);

    let rows = clients::live_secrets(app.app.db.read(), "svc", app.app.clock.now())
        .await
        .unwrap();
    assert!(
        rows.iter().all(|row| row.digest.len() == 32),
        "stored as a MAC only"
    );
}

/// ASVS 10.4.10 · AC-114
#[tokio::test]
async fn a_disabled_client_is_nobody_and_its_tokens_are_dead() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let rs = app.resource_server("rs", "https://id.example.test").await;
    let mut alice = app.alice().await;
    let tokens = web
        .tokens(&mut alice, &[("scope", "openid offline_access")])
        .await;
    assert!(rs.is_active(&tokens.access_token).await);
    app.set_client_disabled("web", true).await;
    for path in ENDPOINTS {
        let form = [
            ("grant_type", "authorization_code"),
            ("token", "x"),
            ("code", "x"),
        ];
        web.post(path, &form).await.refused(401, "invalid_client");
    }
    alice.get(&web.authorize_url(&[])).await.error_page();
    assert!(!rs.is_active(&tokens.access_token).await);
    app.userinfo(&tokens.access_token)
        .await
        .refused(401, "invalid_token");
}

/// AC-001 · AC-113: an unknown client, a disabled one and a wrong secret look the same.
#[tokio::test]
async fn nobody_learns_which_clients_exist() {
    let app = TestApp::new().await;
    let (web, evil) = (app.web().await, app.evil().await);
    app.set_client_disabled("evil", true).await;
    let evil_secret = evil.secret.unwrap();
    let answers = [
        post(&app, "/token", &[&basic("nobody", "x")], &with(&[])).await,
        post(&app, "/token", &[&basic("web", "x")], &with(&[])).await,
        post(&app, "/token", &[&basic("web", &evil_secret)], &with(&[])).await,
        post(&app, "/token", &[&basic("evil", &evil_secret)], &with(&[])).await,
        post(&app, "/token", &[], &with(&[("client_id", "web")])).await,
        post(&app, "/token", &[], &with(&[("client_id", "nobody")])).await,
    ];
    for answer in &answers {
        assert_eq!(answer.same(), answers[0].same());
    }
    assert!(web.secret.is_some());
}
