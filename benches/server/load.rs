//! The load: 16 connections, each with one request under way, on one thread, until the time is over.

use crate::Result;
use crate::connection::Connection;
use crate::work::Work;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::Barrier;
use tokio::task::LocalSet;

/// Connections at one time.
pub(crate) const CONNECTIONS: usize = 16;
/// However fast the server is, a connection makes no more than this many requests in one go.
const MAX_REQUESTS: usize = 50_000;

/// What was seen at the outside.
pub(crate) struct Seen {
    pub(crate) requests: usize,
    pub(crate) elapsed: Duration,
    latencies: Vec<Duration>,
}

impl Seen {
    pub(crate) fn per_second(&self) -> f64 {
        count(self.requests) / self.elapsed.as_secs_f64()
    }

    /// The latency in milliseconds that this part of the requests, in percent, did not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies
            .get(index)
            .map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// Counts stay far below where a float loses whole numbers.
pub(crate) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

/// Runs each piece of work on a connection of its own, again and again for `time`. Connecting is not counted.
pub(crate) async fn drive(address: SocketAddr, works: &mut Vec<Work>, time: Duration) -> Result<Seen> {
    drive_until(address, works, time, MAX_REQUESTS).await
}

/// The same, but each so often.
pub(crate) async fn drive_times(address: SocketAddr, works: &mut Vec<Work>, times: usize) -> Result<Seen> {
    drive_until(address, works, Duration::MAX, times).await
}

async fn drive_until(
    address: SocketAddr,
    works: &mut Vec<Work>,
    time: Duration,
    times: usize,
) -> Result<Seen> {
    let everybody = Rc::new(Barrier::new(works.len()));
    let tasks = LocalSet::new();
    let mut running = Vec::new();
    for work in works.drain(..) {
        let everybody = Rc::clone(&everybody);
        running.push(tasks.spawn_local(repeat(address, work, everybody, time, times)));
    }
    tasks.await;
    let mut seen = Seen {
        requests: 0,
        elapsed: Duration::ZERO,
        latencies: Vec::new(),
    };
    for task in running {
        let (work, latencies, elapsed) = task.await??;
        works.push(work);
        seen.requests += latencies.len();
        seen.elapsed = seen.elapsed.max(elapsed);
        seen.latencies.extend(latencies);
    }
    seen.latencies.sort_unstable();
    Ok(seen)
}

async fn repeat(
    address: SocketAddr,
    mut work: Work,
    everybody: Rc<Barrier>,
    time: Duration,
    times: usize,
) -> Result<(Work, Vec<Duration>, Duration)> {
    let connection = Connection::open(address).await;
    everybody.wait().await;
    let mut connection = connection?;
    let mut latencies = Vec::with_capacity(4_096);
    let start = Instant::now();
    let mut before = start;
    while before - start < time && latencies.len() < times {
        work.once(&mut connection).await?;
        let after = Instant::now();
        latencies.push(after - before);
        before = after;
    }
    Ok((work, latencies, before - start))
}
