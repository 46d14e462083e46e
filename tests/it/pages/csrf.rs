//! Cross-site requests (ASVS 3.5, RFC 9700 §4.7): every form that changes something, posted from elsewhere.

use crate::support::{Answer, Browser, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::identity::setup_link;

const ISSUER: &str = "https://id.example.test";

/// A form as a person would send it.
struct Form<'a> {
    path: String,
    browser: Browser<'a>,
    fields: Vec<(String, String)>,
}

impl<'a> Form<'a> {
    fn new(path: &str, browser: Browser<'a>, page: &Answer, fields: &[(&str, &str)]) -> Self {
        let hidden = ["flow", "csrf", "handle"];
        let hidden = hidden
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), page.hidden(name)?)));
        let typed = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            path: path.to_owned(),
            browser,
            fields: hidden.chain(typed).collect(),
        }
    }

    /// Posts the form with these headers, and with another token if one is given.
    async fn post(&mut self, headers: &[(&str, &str)], csrf: Option<&str>) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.fields {
            let value = csrf.filter(|_| name == "csrf").unwrap_or(value);
            form.append_pair(name, value);
        }
        let mut request = Request::post(&self.path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.finish()))
            .unwrap();
        for (name, value) in headers {
            let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        self.browser.send(request).await
    }

    fn csrf(&self) -> String {
        let (_, csrf) = self.fields.iter().find(|(name, _)| name == "csrf").unwrap();
        csrf.clone()
    }
}

/// Every form of this server that changes something.
async fn forms(app: &TestApp) -> Vec<Form<'_>> {
    let mut forms = Vec::new();

    let mut browser = app.browser();
    let page = browser.get("/login").await;
    let typed = [
        ("username", "alice@example.test"),
        ("password", "correct horse battery"),
    ];
    forms.push(Form::new("/login", browser, &page, &typed));

    let web = app.web().await;
    let mut alice = app.alice().await;
    let to_consent = alice.get(&web.authorize_url(&[])).await;
    let page = alice.follow(&to_consent).await;
    forms.push(Form::new("/consent", alice, &page, &[("decision", "allow")]));

    let device = app.device().await;
    let code = device.post("/device_authorization", &[]).await.json();
    let code = code["user_code"].as_str().unwrap().to_owned();
    let mut alice = app.alice().await;
    let page = alice.get("/device").await;
    let cookies = alice.cookies.clone();
    let mut form = Form::new("/device", alice, &page, &[("user_code", &code)]);
    let page = form.post(&[], None).await;
    forms.push(form);
    let alice = Browser { app, cookies };
    let typed = [("decision", "allow"), ("confirm", "yes")];
    forms.push(Form::new("/device/confirm", alice, &page, &typed));

    let mut alice = app.alice().await;
    let page = alice.get("/logout").await;
    forms.push(Form::new("/logout", alice, &page, &[("decision", "signout")]));

    let link = setup_link::issue(&app.app).await.unwrap().unwrap();
    let path = format!("/setup/{}", link.expose());
    let mut browser = app.browser();
    let page = browser.get(&path).await;
    let typed = [
        ("email", "root@example.test"),
        ("password", "a long enough password"),
    ];
    forms.push(Form::new(&path, browser, &page, &typed));
    forms
}

/// What a form would have changed: rows, live sessions, decisions on devices.
async fn state(app: &TestApp) -> ([i64; 4], [i64; 3]) {
    let changed = [
        app.count("users").await,
        app.count("sessions WHERE ended_at IS NULL").await,
        app.count("device_codes WHERE decision IS NULL").await,
    ];
    (app.holdings().await, changed)
}

/// ASVS 3.5.1 · AC-061: the browser's own word on where the post comes from.
#[tokio::test]
async fn a_form_posted_from_elsewhere_is_refused_even_with_cookie_and_token() {
    let app = TestApp::new().await;
    let mut forms = forms(&app).await;
    let before = state(&app).await;
    for form in &mut forms {
        for headers in [
            &[("origin", "https://evil.test")][..],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "http://id.example.test")],
            &[("origin", "https://id.example.test.evil.test")],
            &[("origin", "https://id.example.test:8443")],
            &[("origin", "https://ID.example.test")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", ISSUER)],
            &[("sec-fetch-site", "cross-site"), ("origin", "null")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.test")],
        ] {
            let answer = form.post(headers, None).await;
            assert_eq!(answer.status, 403, "{} {headers:?}", form.path);
            assert!(answer.headers.get("set-cookie").is_none());
        }
    }
    assert_eq!(state(&app).await, before);
    for form in &mut forms {
        let good = [("sec-fetch-site", "same-origin"), ("origin", ISSUER)];
        let answer = form.post(&good, None).await;
        assert!(
            matches!(answer.status.as_u16(), 200 | 303),
            "{} {}",
            form.path,
            answer.body
        );
    }
    assert_ne!(state(&app).await, before);
}

/// Under `Referrer-Policy: no-referrer` browsers send `Origin: null` from our own page.
#[tokio::test]
async fn our_own_page_may_hide_its_origin_where_the_browser_vouches_for_it() {
    let app = TestApp::new().await;
    for form in &mut forms(&app).await {
        let headers = [("sec-fetch-site", "same-origin"), ("origin", "null")];
        let answer = form.post(&headers, None).await;
        assert!(
            matches!(answer.status.as_u16(), 200 | 303),
            "{} {}",
            form.path,
            answer.body
        );
    }
}

/// ASVS 3.5.1 · AC-062, AC-065: a token of this browser, this session and this form.
#[tokio::test]
async fn a_form_needs_its_own_token() {
    let app = TestApp::new().await;
    let mut forms = forms(&app).await;
    let tokens: Vec<String> = forms.iter().map(Form::csrf).collect();
    let stranger = app.browser().get("/login").await.hidden("csrf").unwrap();
    let before = state(&app).await;
    for (index, form) in forms.iter_mut().enumerate() {
        let own = tokens[index].clone();
        let cut = &own[..own.len() - 1];
        let mut wrong = vec!["", "x", cut, "AAAA", &stranger];
        // Those of another form, browser or session; the two device forms share theirs.
        wrong.extend(tokens.iter().filter(|token| **token != own).map(String::as_str));
        for token in wrong {
            let answer = form.post(&[], Some(token)).await;
            assert_eq!(answer.status, 403, "{} {token}", form.path);
        }
        form.fields.push(("csrf".to_owned(), own));
        let answer = form.post(&[], None).await;
        assert_eq!(answer.status, 403, "a repeated token: {}", form.path);
    }
    assert_eq!(state(&app).await, before);
}

/// AC-065: the attacker's own form and token, posted by the victim's browser.
#[tokio::test]
async fn nobody_is_signed_in_as_the_attacker() {
    let app = TestApp::new().await;
    let mut attacker = app.browser();
    let page = attacker.get("/login").await;
    for mut victim in [app.browser(), app.alice().await] {
        victim.get("/").await;
        let before = victim.cookies.clone();
        let answer = victim
            .submit_login(&page, "bob@example.test", "staple mountain river")
            .await;
        assert_eq!(answer.status, 403);
        assert_eq!(victim.cookies, before);
    }
}

/// RFC 9700 §4.7 · AC-061: `SameSite=Lax` keeps the cookies at home; then there is nothing to act on.
#[tokio::test]
async fn a_form_without_cookies_changes_nothing() {
    let app = TestApp::new().await;
    let mut forms = forms(&app).await;
    let before = state(&app).await;
    for form in &mut forms {
        form.browser.cookies.clear();
        let answer = form.post(&[("sec-fetch-site", "cross-site")], None).await;
        let expected = if form.path == "/logout" { 200 } else { 403 };
        assert_eq!(answer.status, expected, "{}", form.path);
        // A cookie set or removed here would sign the person out.
        assert!(answer.headers.get("set-cookie").is_none(), "{}", form.path);
        assert!(answer.headers.get("clear-site-data").is_none(), "{}", form.path);
    }
    assert_eq!(state(&app).await, before);
}

/// AC-062: a sign-in voids the forms that were open before it.
#[tokio::test]
async fn a_form_from_before_the_sign_in_is_void() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let before = browser.get("/login").await;
    browser
        .sign_in("alice@example.test", "correct horse battery")
        .await;
    let session = browser.cookies.clone();
    let answer = browser
        .submit_login(&before, "bob@example.test", "staple mountain river")
        .await;
    assert_eq!(answer.status, 403);
    assert_eq!(browser.cookies, session);
}

/// ASVS 3.5.3 · AC-064: link scanners and prefetchers change nothing.
#[tokio::test]
async fn no_get_changes_anything() {
    let app = TestApp::new().await;
    let mut forms = forms(&app).await;
    let before = state(&app).await;
    for form in &mut forms {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&form.fields)
            .finish();
        for method in ["GET", "HEAD"] {
            let request = Request::builder()
                .method(method)
                .uri(format!("{}?{query}", form.path))
                .body(Body::empty())
                .unwrap();
            let answer = form.browser.send(request).await;
            let expected = if form.path == "/device/confirm" { 405 } else { 200 };
            assert_eq!(answer.status, expected, "{method} {}", form.path);
            assert!(answer.headers.get("clear-site-data").is_none());
        }
    }
    assert_eq!(state(&app).await, before);
    for form in &mut forms {
        let answer = form.post(&[], None).await;
        assert!(
            matches!(answer.status.as_u16(), 200 | 303),
            "still good: {}",
            form.path
        );
    }
}
