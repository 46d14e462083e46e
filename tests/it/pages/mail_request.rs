//! Asking for a mail: the answer tells nothing, the mail goes where it belongs.

use crate::support::mailbox::{with_mail, with_sign_up};
use crate::support::{Answer, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::storage::users;

const ALICE: &str = USERS[0].1;
const BOB: &str = USERS[1].1;
const NEW: &str = "new@example.test";
const PAGES: [&str; 3] = ["/reset-password", "/verify-email", "/signup"];

async fn ask(app: &TestApp, page: &str, email: &str) -> Answer {
    app.browser().fill(page, &[("email", email)]).await
}

/// ASVS 6.3.8 · AC-195: known, unknown and disabled get one answer; who owns the mailbox is told.
#[tokio::test]
async fn the_answer_does_not_tell_who_has_an_account() {
    for page in PAGES {
        let app = TestApp::with(with_sign_up).await;
        app.disable_user(BOB).await;
        let (known, unknown) = (ask(&app, page, ALICE).await, ask(&app, page, NEW).await);
        let disabled = ask(&app, page, BOB).await;
        assert_eq!(known.status, 200);
        assert!(known.body.contains("id=\"check-mail\""), "{}", known.body);
        for (other, email) in [(&unknown, NEW), (&disabled, BOB)] {
            assert_eq!(
                known.body.replace(ALICE, ""),
                other.body.replace(email, ""),
                "{page}"
            );
            let headers = |answer: &Answer| {
                let headers = answer.same().1.into_iter();
                headers
                    .filter(|(name, _)| name != "content-length")
                    .collect::<Vec<_>>()
            };
            assert_eq!(headers(&known), headers(other), "{page}");
        }
        // The same rows are written for all, so that the time does not tell either.
        assert_eq!(app.count("mail_links").await, 3);
        assert_eq!(app.count("mail_outbox").await, 3);
        assert!(app.mails(BOB).await.is_empty());
        let subjects = async |email| -> Vec<String> {
            app.mails(email)
                .await
                .into_iter()
                .map(|mail| mail.subject)
                .collect()
        };
        let (known, unknown) = (subjects(ALICE).await, subjects(NEW).await);
        match page {
            "/reset-password" => assert_eq!((known.len(), unknown.len()), (1, 0)),
            "/verify-email" => assert_eq!((known.len(), unknown.len()), (0, 0), "alice is verified"),
            _ => {
                assert_eq!(known, ["You already have an account"]);
                assert_eq!(unknown, ["Create your account"]);
            }
        }
    }
}

/// CVE-2023-49097, CVE-2025-64101 · AC-227: the link is that of the configuration, whatever the request says.
#[tokio::test]
async fn links_never_come_from_the_request() {
    let app = TestApp::with(with_mail).await;
    let mut browser = app.browser();
    let page = browser.get("/reset-password").await;
    let csrf = page.hidden("csrf").unwrap();
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("csrf", csrf.as_str()), ("email", ALICE)])
        .finish();
    let request = Request::post("https://evil.test/reset-password")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::HOST, "evil.test")
        .header("x-forwarded-host", "evil.test")
        .header("x-forwarded-proto", "http")
        .header("x-original-url", "https://evil.test/")
        .header("forwarded", "host=evil.test;proto=http")
        .body(Body::from(body));
    assert_eq!(browser.send(request.unwrap()).await.status, 200);
    let mails = app.mails(ALICE).await;
    assert!(!mails[0].text.contains("evil") && !mails[0].html.contains("evil"));
    assert!(
        mails[0]
            .text
            .contains("https://id.example.test/reset-password/kw_rl_")
    );
}

/// AC-228: what is no address is refused, and nothing is written.
#[tokio::test]
async fn an_address_with_more_in_it_is_refused() {
    let app = TestApp::with(with_sign_up).await;
    for (at, email) in [
        "alice@example.test\r\nBcc: evil@evil.test",
        "alice@example.test\nBcc:evil@evil.test",
        "alice@example.test,evil@evil.test",
        "Alice <alice@example.test>",
        "alice@example.test\0",
        "<script>@example.test",
        "alice",
        "",
    ]
    .into_iter()
    .enumerate()
    {
        let answer = ask(&app, PAGES[at % 3], email).await;
        assert_eq!(answer.status, 400, "{email:?}");
        assert!(!answer.body.contains("<script>@"));
    }
    assert_eq!(app.count("mail_outbox").await, 0);
}

/// Nobody floods a mailbox through us: three an hour, and the newest of them stays good.
#[tokio::test]
async fn an_address_gets_three_mails_an_hour() {
    let app = TestApp::with(|config| {
        with_mail(config);
        config.login.attempts = 100;
    })
    .await;
    for _ in 0..6 {
        assert_eq!(ask(&app, "/reset-password", ALICE).await.status, 200);
        app.clock.advance(60);
    }
    assert_eq!(app.mails(ALICE).await.len(), 3);
    let link = app.mailed_link(ALICE).await;
    assert!(
        app.browser()
            .get(&link)
            .await
            .body
            .contains("id=\"password-form\"")
    );
    app.clock.advance(3_600);
    ask(&app, "/reset-password", ALICE).await;
    assert_eq!(
        app.mails(ALICE).await.len(),
        1,
        "the others are too old to be sent"
    );
}

/// The sixth request from one address waits, whoever it is for.
#[tokio::test]
async fn requests_are_counted_like_sign_ins() {
    let app = TestApp::with(with_mail).await;
    for n in 0..5 {
        assert_eq!(
            ask(&app, "/reset-password", &format!("a{n}@example.test"))
                .await
                .status,
            200
        );
    }
    let sixth = ask(&app, "/reset-password", ALICE).await;
    assert_eq!((sixth.status.as_u16(), sixth.header("retry-after")), (429, "901"));
    assert!(app.mails(ALICE).await.is_empty());
}

#[tokio::test]
async fn a_request_of_another_site_sends_nothing() {
    let app = TestApp::with(with_sign_up).await;
    for page in PAGES {
        assert_eq!(app.post(page, &[("email", ALICE)]).await.status, 403);
        let mut browser = app.browser();
        let other = browser.get("/login").await.hidden("csrf").unwrap();
        let answer = browser.post(page, &[("email", ALICE), ("csrf", &other)]).await;
        assert_eq!(answer.status, 403, "the token of another form");
    }
    assert_eq!(app.count("mail_outbox").await, 0);
}

/// Where no mail is sent there is nothing to ask for.
#[tokio::test]
async fn without_mail_there_are_no_such_pages() {
    let app = TestApp::new().await;
    let login = app.browser().get("/login").await;
    assert!(!login.body.contains("login-forgot") && !login.body.contains("login-signup"));
    for page in PAGES {
        assert_eq!(app.get(page).await.status, 404, "{page}");
        assert_eq!(app.post(page, &[("email", ALICE)]).await.status, 404, "{page}");
    }
    let app = TestApp::with(with_mail).await;
    let login = app.browser().get("/login").await;
    assert!(login.body.contains("login-forgot") && !login.body.contains("login-signup"));
    assert_eq!(app.get("/signup").await.status, 404);
    assert_eq!(app.get("/dev/mail").await.status, 404);
    let app = TestApp::with(with_sign_up).await;
    assert!(app.browser().get("/login").await.body.contains("login-signup"));
    assert!(
        users::find_by_email(app.app.db.read(), NEW)
            .await
            .unwrap()
            .is_none()
    );
}
