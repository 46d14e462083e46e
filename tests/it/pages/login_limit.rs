//! The limit on sign-ins: five in a quarter of an hour, per address of the peer and per account (design.md D4).

use crate::log_canaries::capture::Log;
use crate::support::{Answer, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::config::{Cidr, Config, LogFormat, StoreUrl};
use keywright::time::Seconds;
use std::sync::Arc;
use std::time::{Duration, Instant};

const EMAIL: &str = "alice@example.test";
const PASSWORD: &str = "correct horse battery";
const WRONG: &str = "not the right password";

/// A server behind a proxy on loopback, so that a test can come from anywhere.
fn behind_a_proxy(config: &mut Config) {
    config.server.trusted_proxies = vec![Cidr::parse("127.0.0.0/8").unwrap()];
    config.stores.url = StoreUrl::Database; // attempts pass by the clock of the test
}

/// The request of one try from an address.
async fn request(app: &TestApp, from: &str, email: &str, password: &str) -> Request<Body> {
    let mut browser = app.browser();
    let page = browser.get("/login").await;
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for name in ["flow", "csrf"] {
        form.append_pair(name, &page.hidden(name).unwrap());
    }
    let form = form
        .append_pair("username", email)
        .append_pair("password", password);
    let cookies: Vec<String> = browser
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    Request::post("/login")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookies.join("; "))
        .header("x-forwarded-for", from)
        .body(Body::from(form.finish()))
        .unwrap()
}

/// One try from an address.
async fn attempt(app: &TestApp, from: &str, email: &str, password: &str) -> Answer {
    app.send(request(app, from, email, password).await).await
}

#[track_caller]
fn limited(answer: &Answer, retry_after: i64) {
    assert_eq!(answer.status, 429, "{}", answer.body);
    assert_eq!(answer.header("retry-after"), retry_after.to_string());
    assert!(
        answer.body.contains("Too many attempts. Try again in "),
        "{}",
        answer.body
    );
    assert!(answer.headers.get("set-cookie").is_none());
}

/// ASVS 6.3.1 · AC-196, AC-199: also where there is no such account, and also for the right password.
#[tokio::test]
async fn the_sixth_try_for_an_account_is_refused_wherever_it_comes_from() {
    let app = TestApp::with(behind_a_proxy).await;
    for email in [EMAIL, "nobody@example.test"] {
        let spellings = [
            email.to_uppercase(),
            format!(" {email} "),
            email.replace('@', "＠"),
        ];
        let typed = [email, &spellings[0], &spellings[1], &spellings[2], email];
        for (n, typed) in typed.iter().enumerate() {
            let answer = attempt(&app, &format!("203.0.113.{n}"), typed, WRONG).await;
            assert_eq!(answer.status, 400, "{typed}");
        }
        limited(&attempt(&app, "203.0.113.99", email, WRONG).await, 901);
        limited(&attempt(&app, "203.0.113.98", email, PASSWORD).await, 901);
    }
    assert_eq!(app.count("sessions").await, 0);
}

/// ASVS 6.3.1 · AC-196, AC-202
#[tokio::test]
async fn the_sixth_try_from_an_address_is_refused_whoever_it_is_for() {
    let app = TestApp::with(behind_a_proxy).await;
    for email in ["a@x.test", "b@x.test", "not an address", "c@x.test", "d@x.test"] {
        let answer = attempt(&app, "203.0.113.7", email, WRONG).await;
        assert_eq!(answer.status, 400, "{email}");
    }
    limited(&attempt(&app, "203.0.113.7", EMAIL, PASSWORD).await, 901);
    // Mapped into IPv6 it is the same address.
    limited(&attempt(&app, "::ffff:203.0.113.7", EMAIL, PASSWORD).await, 901);
    assert_eq!(attempt(&app, "203.0.113.8", EMAIL, PASSWORD).await.status, 303);
}

/// AC-201: an IPv6 customer has a /64.
#[tokio::test]
async fn the_addresses_of_one_ipv6_network_count_as_one() {
    let app = TestApp::with(behind_a_proxy).await;
    for n in 0..5 {
        let from = format!("2001:db8:1:2:{n:x}::{n:x}");
        let answer = attempt(&app, &from, &format!("a{n}@x.test"), WRONG).await;
        assert_eq!(answer.status, 400);
    }
    limited(
        &attempt(&app, "2001:db8:1:2:ffff:ffff:ffff:ffff", EMAIL, PASSWORD).await,
        901,
    );
    assert_eq!(
        attempt(&app, "2001:db8:1:3::1", EMAIL, PASSWORD).await.status,
        303
    );
}

/// AC-200: a header from just anybody is not believed.
#[tokio::test]
async fn a_made_up_address_does_not_help_without_a_trusted_proxy() {
    let app = TestApp::new().await;
    for n in 0..5 {
        let mut request = request(&app, &format!("203.0.113.{n}"), &format!("a{n}@x.test"), WRONG).await;
        for name in ["x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip"] {
            request
                .headers_mut()
                .insert(name, format!("198.51.100.{n}").parse().unwrap());
        }
        let forwarded = format!("for=198.51.100.{n}");
        request
            .headers_mut()
            .insert("forwarded", forwarded.parse().unwrap());
        assert_eq!(app.send(request).await.status, 400);
    }
    limited(&attempt(&app, "203.0.113.99", EMAIL, PASSWORD).await, 901);
}

/// AC-198: a window that slides, and a time to wait that is exact.
#[tokio::test]
async fn five_tries_fit_into_any_quarter_of_an_hour() {
    let app = TestApp::with(behind_a_proxy).await;
    for n in 0..5 {
        assert_eq!(
            attempt(&app, &format!("203.0.113.{n}"), EMAIL, WRONG)
                .await
                .status,
            400
        );
        app.clock.advance(100);
    }
    limited(&attempt(&app, "203.0.113.50", EMAIL, PASSWORD).await, 401);
    app.clock.advance(400);
    limited(&attempt(&app, "203.0.113.50", EMAIL, PASSWORD).await, 1);
    app.clock.advance(1);
    assert_eq!(
        attempt(&app, "203.0.113.50", EMAIL, WRONG).await.status,
        400,
        "the first has left the window"
    );
    limited(&attempt(&app, "203.0.113.51", EMAIL, PASSWORD).await, 100);
    app.clock.advance(100);
    assert_eq!(attempt(&app, "203.0.113.51", EMAIL, PASSWORD).await.status, 303);
}

/// CVE-2024-4629 · AC-197: an attempt is counted before the password is looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_tries_at_once_five_are_looked_at() {
    let app = Arc::new(TestApp::with(behind_a_proxy).await);
    let mut tries = Vec::new();
    for n in 0..100 {
        let password = if n == 99 { PASSWORD } else { WRONG };
        tries.push(request(&app, &format!("203.0.113.{n}"), EMAIL, password).await);
    }
    let tries: Vec<_> = tries
        .into_iter()
        .map(|request| {
            let app = Arc::clone(&app);
            tokio::spawn(async move { app.send(request).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    let of = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((of(400) + of(303), of(429)), (5, 95), "{statuses:?}");
}

/// PortSwigger class · AC-211: a success clears the account, never the peer.
#[tokio::test]
async fn a_success_in_between_does_not_buy_more_guesses() {
    let app = TestApp::with(behind_a_proxy).await;
    // The attacker knows bob's password and guesses alice's.
    let mut refused = 0;
    for _ in 0..8 {
        refused += usize::from(attempt(&app, "203.0.113.7", EMAIL, WRONG).await.status == 429);
        let own = attempt(&app, "203.0.113.7", "bob@example.test", "staple mountain river").await;
        assert!(matches!(own.status.as_u16(), 303 | 429));
    }
    assert_eq!(refused, 3, "five guesses were looked at");

    // alice herself starts anew after a success.
    for n in 0..4 {
        attempt(&app, &format!("198.51.100.{n}"), "bob@example.test", WRONG).await;
    }
    let success = attempt(&app, "198.51.100.9", "bob@example.test", "staple mountain river").await;
    assert_eq!(success.status, 303);
    for n in 10..15 {
        let answer = attempt(&app, &format!("198.51.100.{n}"), "bob@example.test", WRONG).await;
        assert_eq!(answer.status, 400);
    }
}

/// The limit is the operator's to set.
#[tokio::test]
async fn the_number_of_tries_can_be_configured() {
    let app = TestApp::with(|config| {
        behind_a_proxy(config);
        config.login.attempts = 2;
        config.login.window = keywright::time::Seconds(60);
    })
    .await;
    for _ in 0..2 {
        assert_eq!(attempt(&app, "203.0.113.7", EMAIL, WRONG).await.status, 400);
    }
    limited(&attempt(&app, "203.0.113.7", EMAIL, PASSWORD).await, 61);
    app.clock.advance(61);
    assert_eq!(attempt(&app, "203.0.113.7", EMAIL, PASSWORD).await.status, 303);
}

/// AC-203: tags and dots make other accounts, which the limit per address bounds all the same.
#[tokio::test]
async fn tags_and_dots_are_other_accounts_below_one_limit_per_address() {
    let app = TestApp::with(behind_a_proxy).await;
    for n in 0..5 {
        let from = format!("203.0.113.{n}");
        assert_eq!(attempt(&app, &from, EMAIL, WRONG).await.status, 400);
    }
    limited(&attempt(&app, "203.0.113.9", EMAIL, WRONG).await, 901);
    for email in ["alice+1@example.test", "a.lice@example.test"] {
        assert_eq!(attempt(&app, "203.0.113.9", email, WRONG).await.status, 400);
    }
    for n in 2..5 {
        let email = format!("alice+{n}@example.test");
        assert_eq!(attempt(&app, "203.0.113.9", &email, WRONG).await.status, 400);
    }
    limited(
        &attempt(&app, "203.0.113.9", "alice+6@example.test", WRONG).await,
        901,
    );
}

/// SP 800-63B-4 §3.2.2 · AC-210: one password on many accounts from many addresses is below all limits but this one.
#[tokio::test]
async fn many_failures_in_a_minute_are_told_once() {
    let log = Log::start(LogFormat::Json);
    let app = TestApp::with(|config| {
        behind_a_proxy(config);
        config.login.alert_after = 10;
        config.login.alert_delay = Seconds(0);
    })
    .await;
    let alerts = || log.text().matches("many_failed_sign_ins").count();
    let spray = async |minute: usize, times: usize| {
        for n in 0..times {
            let (from, email) = (format!("203.0.{minute}.{n}"), format!("a{n}@m{minute}.test"));
            assert_eq!(attempt(&app, &from, &email, WRONG).await.status, 400);
        }
    };
    spray(0, 9).await;
    assert_eq!(alerts(), 0);
    app.clock.advance(60);
    spray(1, 25).await;
    assert_eq!(alerts(), 1);
    let line = log.text();
    let line = line
        .lines()
        .find(|line| line.contains("many_failed_sign_ins"))
        .unwrap();
    assert!(line.contains("\"WARN\"") && line.contains("\"audit\""), "{line}");
    app.clock.advance(60);
    spray(2, 12).await;
    assert_eq!(alerts(), 2);
    assert_eq!(attempt(&app, "198.51.100.1", EMAIL, PASSWORD).await.status, 303);
}

/// AC-210: one password on many accounts gets slower, and so does who signs in on a new device; known ones do not wait.
#[tokio::test]
async fn while_many_sign_ins_fail_only_known_devices_do_not_wait() {
    const DELAY: Duration = Duration::from_secs(4);
    let app = TestApp::with(|config| {
        behind_a_proxy(config);
        config.login.alert_after = 5;
        config.login.alert_delay = Seconds(4);
    })
    .await;
    let mut known = app.alice().await;
    known.cookies.retain(|name, _| name.contains("device"));
    let waits = async |from: &str, email: &str, password: &str| {
        let begun = Instant::now();
        let status = attempt(&app, from, email, password).await.status;
        (status.as_u16(), begun.elapsed() >= DELAY)
    };
    for n in 0..5 {
        let from = format!("203.0.113.{n}");
        assert_eq!(waits(&from, &format!("a{n}@x.test"), WRONG).await, (400, false));
    }
    assert_eq!(waits("203.0.113.9", "nobody@x.test", WRONG).await, (400, true));
    let begun = Instant::now();
    assert_eq!(known.try_sign_in(EMAIL, PASSWORD).await.status, 303);
    assert!(begun.elapsed() < DELAY, "a known device does not wait");
    app.clock.advance(60);
    assert_eq!(
        waits("203.0.113.12", USERS[1].1, USERS[1].2).await,
        (303, true),
        "the minute after"
    );
    app.clock.advance(60);
    assert_eq!(waits("203.0.113.13", USERS[1].1, USERS[1].2).await, (303, false));
}
