//! The mails that a server has written, read from its outbox, and the pages that they lead to.

use super::{Answer, Browser, TestApp};
use keywright::config::{Config, SignUp, Smtp};
use keywright::mail::{self, Message};
use keywright::storage::outbox;

/// A server with a mail server that no test reaches: mails stay in the outbox.
pub fn with_mail(config: &mut Config) {
    config.mail.smtp = Some(Smtp::parse("smtp://127.0.0.1:9").unwrap());
    config.mail.from = Some("Keywright <no-reply@id.example.test>".parse().unwrap());
}

/// As [`with_mail`], and everybody may sign up.
pub fn with_sign_up(config: &mut Config) {
    with_mail(config);
    config.accounts.sign_up = SignUp::Open;
}

impl TestApp {
    /// All mails to an address, the oldest first. Empty ones are for nobody.
    pub async fn mails(&self, to: &str) -> Vec<Message> {
        let rows = outbox::newest(self.app.db.read(), self.now(), 1_000)
            .await
            .unwrap();
        let mails = rows
            .iter()
            .rev()
            .filter_map(|row| mail::open(&self.app.vault, row));
        mails.filter(|mail| mail.to == to).collect()
    }

    /// The path of the link in the newest mail to an address.
    pub async fn mailed_link(&self, to: &str) -> String {
        let mails = self.mails(to).await;
        link(
            mails.last().expect("no mail"),
            self.app.config.public_url.as_str(),
        )
    }
}

/// The path of the link in a mail.
pub fn link(mail: &Message, issuer: &str) -> String {
    let line = mail.text.lines().find(|line| line.starts_with(issuer)).unwrap();
    line.strip_prefix(issuer).unwrap().to_owned()
}

impl Browser<'_> {
    /// Opens a page with a form and posts it with its token.
    pub async fn fill(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        let Some(csrf) = page.hidden("csrf") else {
            return page;
        };
        self.post(path, &[&[("csrf", csrf.as_str())], form].concat())
            .await
    }

    /// Tries to sign in.
    pub async fn try_sign_in(&mut self, email: &str, password: &str) -> Answer {
        let page = self.get("/login").await;
        self.submit_login(&page, email, password).await
    }
}
