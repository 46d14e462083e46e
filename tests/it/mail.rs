//! Mails: written with their cause, sent once, by a real mail server.

use crate::support::TestApp;
use crate::support::mailbox::{link, with_mail};
use crate::support::smtp::{Mood, SmtpSink};
use keywright::config::Smtp;
use keywright::jobs;
use keywright::mail::{self, BACKOFF, LEASE, Outcome};
use keywright::storage::outbox;

const ALICE: &str = "alice@example.test";

/// A server that sends to `sink`, with a mail of a forgotten password in its outbox.
async fn with_one_mail(base: &TestApp, sink: &SmtpSink) -> TestApp {
    let port = sink.port;
    let app = base
        .node(|config| config.mail.smtp = Some(Smtp::parse(&format!("smtp://127.0.0.1:{port}")).unwrap()))
        .await;
    let answer = app.browser().fill("/reset-password", &[("email", ALICE)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(app.mails(ALICE).await.len(), 1);
    app
}

async fn send(app: &TestApp) -> Outcome {
    let parts = &app.app;
    mail::send_due(&parts.mailer, &parts.db, &parts.vault, app.now())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_mail_is_sent_once_in_text_and_html() {
    let (base, sink) = (TestApp::with(with_mail).await, SmtpSink::start().await);
    let app = with_one_mail(&base, &sink).await;
    let path = link(&app.mails(ALICE).await[0], "https://id.example.test");
    jobs::send_mails(&app.app).await.unwrap();
    jobs::send_mails(&app.app).await.unwrap();

    let received = sink.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].recipients, [ALICE]);
    let data = received[0].data.replace("=\n", "").replace("=3D", "=");
    for part in [
        "From: Keywright <no-reply@id.example.test>",
        "To: alice@example.test",
        "Subject: Reset your password",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        &format!("https://id.example.test{path}"),
    ] {
        assert!(data.contains(part), "{part}\n{data}");
    }
    assert_eq!(app.count("mail_outbox").await, 0, "what is sent is forgotten");
    assert_eq!(
        app.browser().get(&path).await.status,
        200,
        "the mailed link works"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_nodes_one_sends_a_mail() {
    let (base, sink) = (TestApp::with(with_mail).await, SmtpSink::start().await);
    let app = with_one_mail(&base, &sink).await;
    let racers: Vec<_> = (0..20)
        .map(|_| {
            let app = app.app.clone();
            let now = base.now();
            tokio::spawn(async move {
                mail::send_due(&app.mailer, &app.db, &app.vault, now)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut done = 0;
    for racer in racers {
        done += usize::from(racer.await.unwrap() == Outcome::Done);
    }
    assert_eq!((done, sink.received().len()), (1, 1));
}

/// A node that dies while it sends leaves the mail to others, once its lease is over.
#[tokio::test]
async fn a_mail_survives_the_node_that_was_sending_it() {
    let (base, sink) = (TestApp::with(with_mail).await, SmtpSink::start().await);
    let app = with_one_mail(&base, &sink).await;
    let taken = outbox::claim(app.app.db.write(), app.now(), app.now() + LEASE).await;
    assert!(taken.unwrap().is_some());
    assert_eq!(send(&app).await, Outcome::Nothing, "it belongs to another node");
    app.clock.advance(LEASE.0 - 1);
    assert_eq!(send(&app).await, Outcome::Nothing);
    app.clock.advance(1);
    assert_eq!(send(&app).await, Outcome::Done);
    assert_eq!(sink.received().len(), 1);
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_asked_again_and_again() {
    let (base, sink) = (TestApp::with(with_mail).await, SmtpSink::start().await);
    let app = with_one_mail(&base, &sink).await;
    sink.is(Mood::Later);
    for tries in 0..3 {
        assert_eq!(send(&app).await, Outcome::Postponed);
        let wait = BACKOFF.0 << tries;
        app.clock.advance(wait - 1);
        assert_eq!(send(&app).await, Outcome::Nothing, "not before {wait} s");
        app.clock.advance(1);
    }
    sink.is(Mood::Takes);
    assert_eq!(send(&app).await, Outcome::Done);
    assert_eq!(sink.received().len(), 1);

    // The server itself is gone.
    let gone = app
        .node(|config| config.mail.smtp = Some(Smtp::parse("smtp://127.0.0.1:9").unwrap()))
        .await;
    gone.browser().fill("/reset-password", &[("email", ALICE)]).await;
    assert_eq!(send(&gone).await, Outcome::Postponed);
    assert_eq!(gone.mails(ALICE).await.len(), 1, "nothing is lost");
}

#[tokio::test]
async fn a_mail_whose_receipt_was_lost_is_sent_again_under_the_same_name() {
    let (base, sink) = (TestApp::with(with_mail).await, SmtpSink::start().await);
    let app = with_one_mail(&base, &sink).await;
    sink.is(Mood::HangsUp);
    assert_eq!(send(&app).await, Outcome::Postponed);
    sink.is(Mood::Takes);
    app.clock.advance(BACKOFF.0);
    assert_eq!(send(&app).await, Outcome::Done);
    let ids: Vec<String> = sink
        .received()
        .iter()
        .map(|mail| {
            mail.data
                .lines()
                .find(|line| line.starts_with("Message-ID:"))
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_does_not_stop_the_next() {
    let (base, sink) = (TestApp::with(with_mail).await, SmtpSink::start().await);
    let app = with_one_mail(&base, &sink).await;
    sink.is(Mood::Never);
    assert_eq!(send(&app).await, Outcome::Dropped);
    assert_eq!(app.count("mail_outbox").await, 0);
    sink.is(Mood::Takes);
    app.browser()
        .fill("/reset-password", &[("email", "bob@example.test")])
        .await;
    assert_eq!(send(&app).await, Outcome::Done);
    assert_eq!(sink.received()[0].recipients, ["bob@example.test"]);
}

/// Without TLS nothing goes out, not even the address, unless the operator says so.
#[tokio::test]
async fn a_server_that_offers_no_tls_gets_no_mail() {
    let (base, sink) = (TestApp::with(with_mail).await, SmtpSink::start().await);
    let app = with_one_mail(&base, &sink).await;
    let url = format!("smtp://127.0.0.1:{}?tls=starttls", sink.port);
    let strict = app
        .node(|config| config.mail.smtp = Some(Smtp::parse(&url).unwrap()))
        .await;
    assert_eq!(send(&strict).await, Outcome::Postponed);
    assert!(sink.received().is_empty());
}

/// Whoever reads the database cannot use the links in it.
#[tokio::test]
async fn the_outbox_holds_no_link_in_the_clear() {
    let app = TestApp::with(with_mail).await;
    app.browser().fill("/reset-password", &[("email", ALICE)]).await;
    let rows = outbox::newest(app.app.db.read(), app.now(), 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    let text = String::from_utf8_lossy(&rows[0].sealed);
    assert!(!text.contains("kw_rl_") && !text.contains(ALICE));
    let mut moved = rows[0].clone();
    moved.id.replace_range(0..1, "z");
    assert!(
        mail::open(&app.app.vault, &moved).is_none(),
        "a row copied to another name"
    );
}

/// What is too old to be of use is not sent any more.
#[tokio::test]
async fn a_mail_whose_link_has_ended_is_not_sent() {
    let (base, sink) = (TestApp::with(with_mail).await, SmtpSink::start().await);
    let app = with_one_mail(&base, &sink).await;
    app.clock.advance(1_801);
    assert_eq!(send(&app).await, Outcome::Nothing);
    jobs::remove_old_rows(&app.app).await.unwrap();
    assert_eq!(app.count("mail_outbox").await, 0);
    assert!(sink.received().is_empty());
    assert_eq!(app.count("mail_links").await, 1, "it counts for a day");
    app.clock.advance(86_400);
    jobs::remove_old_rows(&app.app).await.unwrap();
    assert_eq!(app.count("mail_links").await, 0);
}
