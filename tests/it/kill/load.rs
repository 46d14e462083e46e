//! Clients that redeem codes and refresh as fast as they can, and remember what they were told.

use crate::support::seed::Seed;
use crate::support::server::{client, code_form, device_form, post, refresh_form};
use reqwest::Client;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const WORKERS: usize = 8;
const CODES: usize = 24;
const DEVICE_CODES: usize = 6;
/// Refreshes of one family before the next code.
const REFRESHES: usize = 4;

/// One code and what came of it.
pub struct History {
    pub client_id: &'static str,
    pub code: String,
    /// The answers that arrived: of the code, then of the refresh tokens in turn.
    pub acknowledged: Vec<Value>,
    /// The last attempt was not answered: it may have been done or not.
    pub cut: bool,
}

pub struct Load {
    workers: Vec<JoinHandle<Vec<History>>>,
    codes: Codes,
    answers: Arc<AtomicUsize>,
}

type Codes = Arc<Mutex<VecDeque<History>>>;

impl Load {
    pub async fn start(seed: &Seed, url: &str) -> Self {
        let mut codes = VecDeque::new();
        for number in 0..CODES {
            codes.push_back(History::new("spa", seed.code("spa").await.1));
            if number < DEVICE_CODES {
                codes.push_back(History::new("dev", seed.device_code("dev").await.1));
            }
        }
        let codes = Arc::new(Mutex::new(codes));
        let (client, answers) = (client(), Arc::new(AtomicUsize::new(0)));
        let worker = || {
            let work = work(
                Arc::clone(&codes),
                client.clone(),
                format!("{url}/token"),
                Arc::clone(&answers),
            );
            tokio::spawn(work)
        };
        Self {
            workers: (0..WORKERS).map(|_| worker()).collect(),
            codes,
            answers,
        }
    }

    /// Waits until the server has given so many answers.
    pub async fn answered(&self, answers: usize) {
        let started = Instant::now();
        while self.answers.load(Ordering::SeqCst) < answers {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "the server does not answer"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until every worker has noticed that the server is gone; what happened, and codes nobody came to.
    pub async fn ended(self) -> Vec<History> {
        let mut happened = Vec::new();
        for worker in self.workers {
            happened.extend(worker.await.unwrap());
        }
        happened.extend(std::mem::take(&mut *self.codes.lock().unwrap()));
        happened
    }
}

impl History {
    fn new(client_id: &'static str, code: String) -> Self {
        Self {
            client_id,
            code,
            acknowledged: Vec::new(),
            cut: false,
        }
    }

    /// The refresh token of the answer that arrived `back` answers before the last one.
    pub fn refresh_token(&self, back: usize) -> Option<&str> {
        let answer = self.acknowledged.iter().rev().nth(back)?;
        answer["refresh_token"].as_str()
    }

    /// Presents the code.
    pub async fn redeem(&self, client: &Client, url: &str) -> Option<(u16, Value)> {
        match self.client_id {
            "dev" => post(client, url, &device_form("dev", &self.code)).await,
            id => post(client, url, &code_form(id, &self.code)).await,
        }
    }

    /// Presents a refresh token.
    pub async fn refresh(&self, client: &Client, url: &str, token: &str) -> Option<(u16, Value)> {
        post(client, url, &refresh_form(self.client_id, token)).await
    }

    /// Presents what comes next, and remembers the answer; `false` if there was none.
    async fn step(&mut self, client: &Client, url: &str) -> bool {
        let answer = match self.refresh_token(0) {
            None => self.redeem(client, url).await,
            Some(token) => self.refresh(client, url, token).await,
        };
        match answer {
            Some((200, tokens)) => self.acknowledged.push(tokens),
            Some((503, _)) | None => self.cut = true,
            Some((status, body)) => panic!("{status} {body}"),
        }
        !self.cut
    }
}

async fn work(codes: Codes, client: Client, url: String, answers: Arc<AtomicUsize>) -> Vec<History> {
    let mut done = Vec::new();
    let next = || codes.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    while let Some(mut history) = next() {
        let mut steps = 0;
        // The last ones go on until the server is gone.
        let is_last = || codes.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        while (steps <= REFRESHES || is_last()) && history.step(&client, &url).await {
            steps += 1;
            answers.fetch_add(1, Ordering::SeqCst);
        }
        let cut = history.cut;
        done.push(history);
        if cut {
            break;
        }
    }
    done
}
