//! What is fetched from the issuer: with limits of size and time, without redirects, and once for any number of requests
//! that wait for it.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// No honest document is larger.
pub(super) const MAX_BYTES: usize = 512 * 1024;
/// For all of a document.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The way to the issuer.
#[derive(Clone)]
pub(super) struct Http(reqwest::Client);

impl Http {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self(http))
    }

    /// A document of a type; `None` if it cannot be had, or is larger than [`MAX_BYTES`].
    pub(super) async fn get(&self, url: &str, accept: &'static str) -> Option<Vec<u8>> {
        let request = self.0.get(url).header("accept", accept);
        let mut answer = request.send().await.ok()?;
        // A redirect is no document either.
        if answer.status().as_u16() != 200 {
            return None;
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.ok()? {
            if body.len() + part.len() > MAX_BYTES {
                return None;
            }
            body.extend_from_slice(&part);
        }
        Some(body)
    }
}

/// How long to wait before the next fetch, whatever tokens come in.
#[derive(Clone, Copy)]
pub(super) enum Pause {
    /// After any fetch.
    Always(Duration),
    /// After one that has brought nothing.
    AfterFailure(Duration),
}

/// Something of the issuer's that is fetched anew from time to time.
pub(super) struct Renewed<T> {
    loaded: RwLock<Option<(Arc<T>, Instant)>>,
    /// When the last fetch ended, if it has brought nothing.
    failed: RwLock<Option<Instant>>,
    /// When the fetch began, or failed, that the next one must wait for; held while one is under way.
    fetching: Mutex<Option<Instant>>,
}

impl<T> Default for Renewed<T> {
    fn default() -> Self {
        Self {
            loaded: RwLock::default(),
            failed: RwLock::default(),
            fetching: Mutex::default(),
        }
    }
}

impl<T: Send + Sync + 'static> Renewed<T> {
    /// What was fetched last, and when.
    pub(super) fn loaded(&self) -> Option<(Arc<T>, Instant)> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a fetch is under way.
    pub(super) fn is_fetching(&self) -> bool {
        self.fetching.try_lock().is_err()
    }

    /// When the last fetch ended, if it has brought nothing.
    pub(super) fn failed(&self) -> Option<Instant> {
        *self.failed.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was fetched after `asked`, by `fetch` or by another request meanwhile: whoever comes second finds what the
    /// first has loaded, or that it cannot be had, and never waits for more than one fetch. `None`: it cannot be had now, or
    /// the pause is not over. It goes on when the request that waits
    /// is given up: nobody can keep others from a newer copy by hanging up.
    pub(super) async fn fetch_since(
        self: &Arc<Self>,
        asked: Instant,
        pause: Pause,
        fetch: impl Future<Output = Option<T>> + Send + 'static,
    ) -> Option<Arc<T>> {
        let renewed = Arc::clone(self);
        let fetching = tokio::spawn(async move { renewed.fetch_now(asked, pause, fetch).await });
        fetching.await.ok()?
    }

    async fn fetch_now(
        &self,
        asked: Instant,
        pause: Pause,
        fetch: impl Future<Output = Option<T>>,
    ) -> Option<Arc<T>> {
        let mut fetching = self.fetching.lock().await;
        if let Some((value, at)) = self.loaded()
            && at >= asked
        {
            return Some(value);
        }
        let (Pause::Always(wait) | Pause::AfterFailure(wait)) = pause;
        if self.failed().is_some_and(|at| at >= asked) || fetching.is_some_and(|last| last.elapsed() < wait) {
            return None;
        }
        let began = Instant::now();
        let value = fetch.await;
        let failed = value.is_none().then(Instant::now);
        *self.failed.write().unwrap_or_else(PoisonError::into_inner) = failed;
        // The pause after a fetch that took long begins at its end, if it has brought nothing.
        *fetching = failed.or(matches!(pause, Pause::Always(_)).then_some(began));
        let value = Arc::new(value?);
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) =
            Some((Arc::clone(&value), Instant::now()));
        Some(value)
    }
}
