//! The threads that hash: as many as configured, with a bounded queue, so that a flood of logins takes neither all
//! memory nor the threads that answer other requests (AC-210).

use super::imported::Imported;
use super::phc::{Cost, HASH_BYTES};
use argon2::Block;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// Steps on the scale of nice(2), which on Linux is of a thread.
#[cfg(target_os = "linux")]
const LESS_IMPORTANT: i32 = 10;
/// How long an idle worker keeps its memory.
const KEEP_MEMORY: Duration = Duration::from_secs(30);

/// Memory is reserved in pieces above the largest size that glibc serves from its heap (32 MiB), so that it goes back
/// to the system when freed. Reserving costs nothing: only blocks that are used become resident.
const MIN_RESERVED_BLOCKS: usize = 33 * 1024;

/// One hash to compute.
pub(super) struct Job {
    pub(super) password: Zeroizing<String>,
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Computed>,
}

/// What to compute.
pub(super) enum Work {
    /// A hash of our own.
    Argon2 { salt: Vec<u8>, cost: Cost },
    /// A comparison with a hash from elsewhere.
    Bcrypt(Imported),
}

/// The result.
pub(super) enum Computed {
    Hash([u8; HASH_BYTES]),
    Matches(bool),
}

pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    queue: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    idle: usize,
    closed: bool,
}

impl Pool {
    /// Starts `workers` threads (at least one); beside the jobs in work, `queue` may wait.
    pub(super) fn start(workers: usize, queue: usize) -> std::io::Result<Self> {
        let pool = Self {
            shared: Arc::new(Shared {
                state: Mutex::default(),
                changed: Condvar::new(),
                queue,
            }),
        };
        for _ in 0..workers.max(1) {
            let shared = Arc::clone(&pool.shared);
            shared.state().idle += 1;
            std::thread::Builder::new()
                .name("password".into())
                .spawn(move || shared.work())?;
        }
        Ok(pool)
    }

    /// Hands over a job; gives it back when the queue is full.
    pub(super) fn submit(&self, job: Job) -> Result<(), Job> {
        let mut state = self.shared.state();
        // Callers that went away leave their places to others.
        if state.jobs.len() >= self.shared.queue + state.idle {
            state.jobs.retain(|waiting| !waiting.reply.is_closed());
        }
        if state.jobs.len() >= self.shared.queue + state.idle {
            return Err(job);
        }
        state.jobs.push_back(job);
        self.shared.changed.notify_one();
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of a worker, which starts and waits as idle.
    fn work(&self) {
        // When all cores have work, answers to other requests go first: a flood of logins slows logins only.
        // Where the system refuses, hashing is as important as everything else. Elsewhere it would hold for all threads.
        #[cfg(target_os = "linux")]
        let _lower = rustix::process::nice(LESS_IMPORTANT);
        let mut memory = Vec::new();
        while let Some(job) = self.next(&mut memory) {
            // The caller may have gone away while the job waited.
            if !job.reply.is_closed()
                && let Ok(computed) = compute(&job, &mut memory)
            {
                // It may also have gone away during the work; then nobody wants the answer.
                let _ = job.reply.send(computed);
            }
            self.state().idle += 1;
        }
    }

    /// Waits for a job, without the memory after a while; `None` when the pool is closed.
    fn next(&self, memory: &mut Vec<Block>) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.idle -= 1;
                return Some(job);
            }
            if state.closed {
                return None;
            }
            if memory.capacity() == 0 {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.changed.wait_timeout(state, KEEP_MEMORY);
            let (after, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = after;
            if timeout.timed_out() && state.jobs.is_empty() {
                drop(state);
                *memory = Vec::new();
                state = self.state();
            }
        }
    }
}

fn compute(job: &Job, memory: &mut Vec<Block>) -> argon2::Result<Computed> {
    let (salt, cost) = match &job.work {
        Work::Argon2 { salt, cost } => (salt, cost),
        Work::Bcrypt(imported) => return Ok(Computed::Matches(imported.matches(&job.password))),
    };
    let (function, blocks) = cost.function()?;
    if memory.len() < blocks {
        // Nothing in it is worth copying.
        *memory = Vec::with_capacity(blocks.max(MIN_RESERVED_BLOCKS));
        memory.resize(blocks, Block::new());
    }
    let mut hash = [0; HASH_BYTES];
    function.hash_password_into_with_memory(job.password.as_bytes(), salt, &mut hash, memory)?;
    Ok(Computed::Hash(hash))
}
