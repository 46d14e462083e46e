//! One request asks the database for all who wait. What it brings they find; its failure is theirs too, so that an outage
//! costs each of them one limit of time, and not one after the other.

use crate::oauth::error::Fault;
use crate::storage::StorageError;
use std::future::Future;
use std::time::Instant;
use tokio::sync::Mutex;

/// Whose turn it is; when the last one ended whose database was away.
#[derive(Default)]
pub(super) struct Turn(Mutex<Option<Instant>>);

impl Turn {
    /// Does the work when it is this request's turn.
    ///
    /// # Errors
    /// Those of the work; or the database was away for another request that had its turn meanwhile.
    pub(super) async fn run<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let asked = Instant::now();
        let mut away = self.0.lock().await;
        if away.is_some_and(|at| at >= asked) {
            return Err(StorageError::timed_out().into());
        }
        let done = work.await;
        if matches!(&done, Err(Fault::Storage(error)) if error.is_unavailable()) {
            *away = Some(Instant::now());
        }
        done
    }
}
