//! What a person carries: an authenticator app and a sheet of recovery codes.

use super::{Answer, Browser, TestApp, USERS};
use keywright::time::Timestamp;
use totp_rs::{Builder, Secret};

/// An authenticator app.
pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// What it shows at an instant.
    pub fn code(&self, at: Timestamp) -> String {
        let totp = Builder::new().with_secret(self.0.clone()).build_noncompliant();
        totp.generate(u64::try_from(at.0).unwrap()).to_string()
    }

    /// The app that a set-up page tells the secret to.
    pub fn of(page: &Answer) -> Self {
        let (_, rest) = page.body.split_once("id=\"app-secret\"").unwrap();
        let text = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
        Self(
            Secret::try_from_base32(text.replace(' ', ""))
                .unwrap()
                .as_bytes()
                .to_vec(),
        )
    }
}

impl Browser<'_> {
    /// Sets an authenticator app up; gives it and the recovery codes, if any were shown.
    pub async fn add_app(&mut self) -> (Authenticator, Vec<String>) {
        let page = self.get("/account/security/app").await;
        let app = Authenticator::of(&page);
        let code = app.code(self.app.now());
        let answer = self.confirm_app(&page, &code).await;
        let codes = recovery_codes(&answer);
        (app, codes)
    }

    /// Fills in the form of the set-up page.
    pub async fn confirm_app(&mut self, page: &Answer, code: &str) -> Answer {
        let (csrf, setup) = (page.hidden("csrf").unwrap(), page.hidden("setup").unwrap());
        let flow = page.hidden("flow").unwrap_or_default();
        let form = [
            ("csrf", csrf.as_str()),
            ("setup", &setup),
            ("flow", &flow),
            ("code", code),
        ];
        self.post("/account/security/app", &form).await
    }

    /// Types the password; the answer leads to the second step.
    pub async fn first_step(&mut self, email: &str, password: &str) -> Answer {
        let page = self.get("/login").await;
        let answer = self.submit_login(&page, email, password).await;
        assert!(
            answer.location().contains("/login/mfa?step="),
            "{}",
            answer.location()
        );
        self.follow(&answer).await
    }

    /// Fills in the form of the second step.
    pub async fn second_step(&mut self, page: &Answer, code: &str) -> Answer {
        let field = if page.hidden("step").is_some() {
            "step"
        } else {
            "flow"
        };
        let (handle, csrf) = (page.hidden(field).unwrap(), page.hidden("csrf").unwrap());
        let form = [(field, handle.as_str()), ("csrf", &csrf), ("code", code)];
        self.post("/login/mfa", &form).await
    }

    /// Posts a form of a page of the account.
    pub async fn post_account(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.get("/account").await.hidden("csrf").unwrap_or_default();
        let mut form = vec![("csrf", csrf.as_str())];
        form.extend(fields);
        self.post(path, &form).await
    }

    /// Whether somebody is signed in.
    pub async fn is_signed_in(&mut self) -> bool {
        self.get("/account").await.status == 200
    }
}

/// The codes on a page.
pub fn recovery_codes(page: &Answer) -> Vec<String> {
    let Some((_, rest)) = page.body.split_once("id=\"recovery-codes\"") else {
        return Vec::new();
    };
    let text = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
    text.split_whitespace().map(str::to_owned).collect()
}

impl TestApp {
    /// Alice with an authenticator app, half a minute after she set it up, and signed in with it.
    pub async fn alice_with_app(&self) -> (Browser<'_>, Authenticator, Vec<String>) {
        let mut alice = self.alice().await;
        let (app, codes) = alice.add_app().await;
        self.clock.advance(30);
        (alice, app, codes)
    }

    /// The page of the second step, after alice's password in a new browser.
    pub async fn half_signed_in(&self) -> (Browser<'_>, Answer) {
        let mut browser = self.browser();
        let page = browser.first_step(USERS[0].1, USERS[0].2).await;
        (browser, page)
    }
}
