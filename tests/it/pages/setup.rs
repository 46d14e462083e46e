//! `/setup/<token>`: the first administrator (AC-273).

use crate::support::{Answer, Browser, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::identity::setup_link;
use std::sync::Arc;

const PASSWORD: &str = "a long enough password";

async fn link(app: &TestApp) -> String {
    let link = setup_link::issue(&app.app).await.unwrap().unwrap();
    format!("/setup/{}", link.expose())
}

async fn create(browser: &mut Browser<'_>, link: &str, email: &str, password: &str) -> Answer {
    let page = browser.get(link).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let csrf = page.hidden("csrf").unwrap();
    let form = [
        ("csrf", csrf.as_str()),
        ("email", email),
        ("name", "Root <b>"),
        ("password", password),
    ];
    browser.post(link, &form).await
}

/// authentik CVE-2023-46249 · AC-273
#[tokio::test]
async fn the_link_makes_one_administrator_and_is_gone() {
    let app = TestApp::new().await;
    let link = link(&app).await;
    let mut visitor = app.browser();
    for _ in 0..3 {
        let page = visitor.get(&link).await; // scanners follow links
        assert!(page.body.contains("id=\"setup-form\""), "{}", page.body);
        assert_eq!(page.header("referrer-policy"), "no-referrer");
    }
    let mut late = app.browser();
    let late_page = late.get(&link).await;

    let answer = create(&mut visitor, &link, "Root@Example.Test", PASSWORD).await;
    assert_eq!(answer.location(), "https://id.example.test/");
    assert!(visitor.get("/").await.body.contains("root@example.test"));
    let user = app.user("root@example.test").await;
    assert_eq!(
        (user.roles.as_str(), user.name.as_deref()),
        (r#"["admin"]"#, Some("Root <b>"))
    );

    assert_eq!(late.get(&link).await.status, 404);
    let csrf = late_page.hidden("csrf").unwrap();
    let form = [
        ("csrf", csrf.as_str()),
        ("email", "evil@example.test"),
        ("password", PASSWORD),
    ];
    assert_eq!(late.post(&link, &form).await.status, 404);
    // After a restart there is no link any more.
    assert!(setup_link::issue(&app.app).await.unwrap().is_none());
    assert_eq!(app.count("users").await, 3);
}

/// AC-273
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_visitors_at_once_one_becomes_administrator() {
    let app = Arc::new(TestApp::new().await);
    let link = link(&app).await;
    let mut tries = Vec::new();
    for n in 0..4 {
        let mut browser = app.browser();
        let csrf = browser.get(&link).await.hidden("csrf").unwrap();
        let cookie = browser
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .next()
            .unwrap();
        let body = format!("csrf={csrf}&email=root{n}%40example.test&password=a+long+enough+password");
        let request = Request::post(&link)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookie)
            .body(Body::from(body))
            .unwrap();
        let app = Arc::clone(&app);
        tries.push(tokio::spawn(
            async move { app.send(request).await.status.as_u16() },
        ));
    }
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404, 404, 404]);
    assert_eq!(app.count("users").await, 3);
}

/// The link is good for an hour, and the newest only.
#[tokio::test]
async fn a_link_expires_and_is_replaced() {
    let app = TestApp::new().await;
    let (first, second) = (link(&app).await, link(&app).await);
    let mut browser = app.browser();
    assert_eq!(browser.get(&first).await.status, 404);
    app.clock.advance(3_599);
    let page = browser.get(&second).await;
    assert_eq!(page.status, 200);
    app.clock.advance(1);
    assert_eq!(browser.get(&second).await.status, 404);
    let csrf = page.hidden("csrf").unwrap();
    let form = [
        ("csrf", csrf.as_str()),
        ("email", "root@example.test"),
        ("password", PASSWORD),
    ];
    assert_eq!(browser.post(&second, &form).await.status, 404);
    for guess in [
        "/setup/x".to_owned(),
        format!("{second}x"),
        second[..second.len() - 1].to_owned(),
        second.replace("kw_su_", "kw_se_"),
    ] {
        assert_eq!(browser.get(&guess).await.status, 404, "{guess}");
    }
    assert_eq!(app.count("users").await, 2);
}

/// clients-and-pages §2.1 rule 2: what can be corrected is said, and uses nothing up.
#[tokio::test]
async fn a_refused_form_leaves_the_link_good() {
    let app = TestApp::new().await;
    let link = link(&app).await;
    let mut browser = app.browser();
    for (email, password, field) in [
        ("", PASSWORD, "email"),
        ("not an address", PASSWORD, "email"),
        ("alice@example.test", PASSWORD, "email"),
        ("root@example.test", "", "password"),
        ("root@example.test", "too short", "password"),
        ("root@example.test", "root@example.test!", "password"),
        ("root@example.test", "aaaaaaaaaaaaaaaaaaaa", "password"),
    ] {
        let answer = create(&mut browser, &link, email, password).await;
        assert_eq!(answer.status, 400, "{email} {password}");
        let body = &answer.body;
        assert!(body.contains("<title>Error: "), "{body}");
        assert!(
            body.contains(&format!("id=\"{field}-problem\"")),
            "{email} {password}: {body}"
        );
        assert!(
            body.contains(&format!("value=\"{email}\"")) && body.contains("Root &#60;b&#62;"),
            "{body}"
        );
        assert!(
            password.is_empty() || !body.contains(&format!("value=\"{password}\"")),
            "{body}"
        );
    }
    assert_eq!(app.count("users").await, 2);
    let answer = create(&mut browser, &link, "root@example.test", PASSWORD).await;
    assert_eq!(answer.status, 303);
}
