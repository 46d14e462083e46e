//! Real concurrency: on Postgres two server processes on one database, on SQLite the one server it may have.
//! Whatever many ask for at once is given once, and nobody sees a 5xx.

mod answers;
mod codes;
mod refresh;

use crate::support::TestApp;
use crate::support::seed::Seed;
use crate::support::server::{Process, client, listen, post};
use keywright::clock::SystemClock;
use keywright::config::DatabaseUrl;
use reqwest::Client;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Barrier;

/// How often each race is run; one lucky run says little.
const ROUNDS: usize = 20;

/// The servers of one installation, and what is seeded into its database.
struct Nodes {
    urls: Vec<String>,
    seed: Seed,
    client: Client,
    _processes: Vec<Process>,
}

impl Nodes {
    async fn of(app: &TestApp) -> Self {
        let (urls, processes, seed) = match &app.app.config.database.url {
            DatabaseUrl::Sqlite(_) => {
                let seed = Seed::new(app, app.clock.clone()).await;
                (vec![listen(app).await], Vec::new(), seed)
            }
            DatabaseUrl::Postgres(_) => {
                let processes = vec![Process::start(app).await, Process::start(app).await];
                let urls = processes.iter().map(|process| process.url.clone()).collect();
                (urls, processes, Seed::new(app, Arc::new(SystemClock)).await)
            }
        };
        Self {
            urls,
            seed,
            client: client(),
            _processes: processes,
        }
    }

    fn url(&self, number: usize, path: &str) -> String {
        format!("{}{path}", self.urls[number % self.urls.len()])
    }

    /// Sends one form to the token endpoints of all nodes, `racers` times at the same moment.
    async fn race(&self, racers: usize, form: &[(&str, &str)]) -> Race {
        let start = Arc::new(Barrier::new(racers));
        let form: Vec<(String, String)> = form
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let racers: Vec<_> = (0..racers)
            .map(|number| {
                let (start, form, client) = (Arc::clone(&start), form.clone(), self.client.clone());
                let url = self.url(number, "/token");
                tokio::spawn(async move {
                    let form: Vec<_> = form
                        .iter()
                        .map(|(name, value)| (name.as_str(), value.as_str()))
                        .collect();
                    start.wait().await;
                    post(&client, &url, &form).await.unwrap()
                })
            })
            .collect();
        let mut race = Race::default();
        for racer in racers {
            match racer.await.unwrap() {
                (200, tokens) => race.won.push(tokens),
                (400, error) if error["error"] == "invalid_grant" => race.lost += 1,
                (status, body) => panic!("{status} {body}"),
            }
        }
        race
    }

    /// A request of its own, after the race.
    async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        post(&self.client, &self.url(0, "/token"), form).await.unwrap()
    }

    /// The status of userinfo for an access token.
    async fn userinfo(&self, tokens: &Value) -> u16 {
        let request = self.client.get(self.url(1, "/userinfo"));
        let request = request.bearer_auth(tokens["access_token"].as_str().unwrap());
        request.send().await.unwrap().status().as_u16()
    }
}

/// What came of a race.
#[derive(Default)]
struct Race {
    won: Vec<Value>,
    lost: usize,
}
