//! Token status lists at `/status`: what a resource server learns of tokens that ended before their `exp`.

mod ends;
mod format;
mod nodes;
mod published;

use crate::support::{RelyingParty, TestApp};
use keywright::jose::{Claims, Statuses, TYP_STATUS_LIST};
use serde_json::Value;

const ISSUER: &str = "https://id.example.test";
const MACHINE: [(&str, &str); 1] = [("grant_type", "client_credentials")];
/// How long what a server has read of the database is used, in seconds.
const FRESH: i64 = 5;

impl TestApp {
    /// The claims of a list, as it is published.
    async fn status_list(&self, path: &str) -> Claims {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let claims = self.app.keyring.set();
        claims.verify(&answer.body, &[TYP_STATUS_LIST]).unwrap()
    }

    /// The status of an access token, found as a resource server finds it.
    async fn status_of(&self, token: &str) -> u8 {
        let (path, index) = reference(self, token);
        let list = self.status_list(&path).await;
        let statuses = Statuses::read(&list.members()["status_list"], 1 << 20).unwrap();
        statuses.get(index).unwrap()
    }

    /// Whether each of the tokens has ended, once what the server has read is too old to be used.
    async fn have_ended(&self, tokens: &[&str]) -> Vec<bool> {
        self.clock.advance(FRESH);
        let mut ended = Vec::new();
        for token in tokens {
            ended.push(self.status_of(token).await == 1);
        }
        ended
    }
}

impl RelyingParty<'_> {
    /// A token that the client gets for itself.
    async fn machine_token(&self) -> String {
        self.post("/token", &MACHINE).await.tokens().access_token
    }
}

/// Path of the list, and index in it, that a token names.
#[track_caller]
fn reference(app: &TestApp, token: &str) -> (String, u64) {
    let claims = app.claims(token, "at+jwt");
    let Value::Object(status) = &claims.members()["status"] else {
        panic!("no status: {claims:?}");
    };
    assert_eq!(status.len(), 1);
    let list = &status["status_list"];
    assert_eq!(list.as_object().unwrap().len(), 2);
    let path = list["uri"].as_str().unwrap().strip_prefix(ISSUER).unwrap();
    (path.to_owned(), list["idx"].as_u64().unwrap())
}
