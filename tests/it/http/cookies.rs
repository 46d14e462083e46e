//! Cookies (ASVS 3.3): three of them, all `__Host-`, on pages only.

use super::{API, PATHS};
use crate::support::TestApp;
use axum::body::Body;
use axum::http::{Request, header};

#[track_caller]
fn is_safe(cookie: &str) {
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    let (name, value) = pair.split_once('=').unwrap();
    assert!(
        ["__Host-kw-session", "__Host-kw-browser", "__Host-kw-device"].contains(&name),
        "{cookie}"
    );
    let mut attributes: Vec<&str> = attributes.split("; ").collect();
    let max_age = attributes.remove(3);
    let device = name == "__Host-kw-device";
    let ages = if device {
        ["Max-Age=15552000"; 2]
    } else {
        ["Max-Age=604800", "Max-Age=0"]
    };
    assert!(ages.contains(&max_age), "{cookie}");
    // No `Domain`: `__Host-` and exactly this list.
    assert_eq!(
        attributes,
        ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"],
        "{cookie}"
    );
    let letters =
        |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || (device && (c == '.' || c == '~'));
    assert!(value.chars().all(letters), "{cookie}");
    assert!(cookie.len() < 300, "{cookie}");
}

/// ASVS 3.3.1 to 3.3.5 · AC-178
#[tokio::test]
async fn every_cookie_has_its_flags_and_clients_get_none() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut set = 0;
    for &(path, methods) in PATHS {
        for method in methods {
            let request = Request::builder()
                .method(*method)
                .uri(path)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::COOKIE, "__Host-kw-session=x")
                .body(Body::empty())
                .unwrap();
            let answer = app.send(request).await;
            for cookie in answer.headers.get_all("set-cookie") {
                assert!(!API.contains(&path), "{path}");
                is_safe(cookie.to_str().unwrap());
                set += 1;
            }
        }
    }
    assert!(set > 5, "{set}");

    let mut browser = app.browser();
    let page = browser.get("/login").await;
    let answer = browser
        .submit_login(&page, "alice@example.test", "correct horse battery")
        .await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2, "the session and the known device");
    for cookie in cookies {
        is_safe(cookie.to_str().unwrap());
    }
    let code = web.code(&mut browser, &[]).await;
    let tokens = web.redeem(&code).await;
    assert!(tokens.status == 200 && tokens.headers.get("set-cookie").is_none());
}

/// A browser that has its cookie keeps it; one that sends nonsense gets a new one.
#[tokio::test]
async fn the_browser_cookie_is_random_and_set_once() {
    let app = TestApp::new().await;
    let (mut one, mut two) = (app.browser(), app.browser());
    one.get("/").await;
    two.get("/").await;
    assert_ne!(one.cookies, two.cookies);
    for path in ["/", "/login", "/device"] {
        let answer = one.get(path).await;
        assert!(answer.headers.get("set-cookie").is_none(), "{path}");
    }
    let long = "A".repeat(3_000);
    for nonsense in ["x", "", "A A", "' OR 1=1--", &"A".repeat(44), &long] {
        let before = one.cookies.clone();
        one.cookies
            .insert("__Host-kw-browser".to_owned(), nonsense.to_owned());
        let answer = one.get("/").await;
        assert!(
            answer.header("set-cookie").starts_with("__Host-kw-browser="),
            "{nonsense}"
        );
        assert!(!answer.header("set-cookie").contains("=x;"));
        assert_ne!(one.cookies, before);
    }
}
