//! Compares what clients were told before a kill with what a new server does after it.

use super::load::History;
use crate::support::server::client;
use reqwest::Client;

/// How much was seen, so that a test that saw nothing fails.
#[derive(Debug, Default)]
pub struct Ledger {
    acknowledged: usize,
    cut: usize,
    cut_and_done: usize,
    cut_and_not_done: usize,
}

impl Ledger {
    pub async fn check(&mut self, url: &str, happened: Vec<History>) {
        let client = client();
        let tasks: Vec<_> = happened
            .into_iter()
            .enumerate()
            .map(|(number, history)| {
                self.acknowledged += history.acknowledged.len();
                self.cut += usize::from(history.cut);
                tokio::spawn(verdict(client.clone(), url.to_owned(), history, number))
            })
            .collect();
        for task in tasks {
            match task.await.unwrap() {
                Some(true) => self.cut_and_done += 1,
                Some(false) => self.cut_and_not_done += 1,
                None => {}
            }
        }
    }

    pub fn says_enough(&self) {
        println!("{self:?}");
        assert!(self.acknowledged > 200 && self.cut > 50, "{self:?}");
    }
}

/// Checks one code and its family. For an attempt without an answer: whether it had been done.
async fn verdict(client: Client, url: String, history: History, number: usize) -> Option<bool> {
    let token_url = format!("{url}/token");
    let told = history.acknowledged.last();
    if let Some(tokens) = told {
        // An acknowledged access token is good.
        let userinfo = client.get(format!("{url}/userinfo"));
        let answer = userinfo
            .bearer_auth(tokens["access_token"].as_str().unwrap())
            .send()
            .await;
        assert_eq!(
            answer.unwrap().status(),
            200,
            "an acknowledged access token was lost"
        );
    }
    // What is unused is good; what was cut off was done or not, nothing between.
    let (status, body) = match history.refresh_token(0) {
        Some(token) => history.refresh(&client, &token_url, token).await.unwrap(),
        None => history.redeem(&client, &token_url).await.unwrap(),
    };
    match (status, history.cut) {
        (200, _) => {}
        (400, true) => assert_eq!(body["error"], "invalid_grant"),
        other => panic!("{other:?} after {} answers: {body}", history.acknowledged.len()),
    }
    // What was used is never taken again: the token before the last one, or the code.
    let used = [history.refresh_token(0), history.refresh_token(1)];
    match used[number % 2] {
        Some(token) => refused(history.refresh(&client, &token_url, token).await),
        None => refused(history.redeem(&client, &token_url).await),
    }
    if told.is_some() {
        refused(history.redeem(&client, &token_url).await);
    }
    history.cut.then_some(status != 200)
}

fn refused(answer: Option<(u16, serde_json::Value)>) {
    let (status, body) = answer.unwrap();
    assert_eq!(
        (status, body["error"].as_str()),
        (400, Some("invalid_grant")),
        "used twice: {body}"
    );
}
