//! The window of a database slides exactly, whatever comes in whatever order (AC-198). The one in memory is checked by
//! the same property beside it, in `src/identity/login_limit/memory.rs`.

use super::fixture::{At, Place, WINDOW, account};
use keywright::entropy::{Entropy, SystemEntropy};

/// What should happen: the times of admitted attempts.
#[derive(Default)]
struct Model(Vec<i64>);

impl Model {
    /// How long to wait, or nothing.
    fn wait(&self, now: i64) -> Option<i64> {
        let live: Vec<i64> = self
            .0
            .iter()
            .copied()
            .filter(|time| now - time <= WINDOW)
            .collect();
        let blocking = live.len().checked_sub(5)?;
        Some(live[blocking] + WINDOW + 1 - now)
    }
}

async fn the_window_is_that_of_the_model(place: Place) {
    let Some(at) = At::new(place).await else {
        return;
    };
    let entropy: &dyn Entropy = &SystemEntropy;
    let seed: [u8; 32] = entropy.bytes();
    let mut model = Model::default();
    for step in 0..400_usize {
        let dice = seed[step % 32] ^ u8::try_from(step % 251).unwrap();
        at.pass(i64::from(dice % 3)).await;
        let now = at.now().0;
        let outcome = at.attempt(&[account("a")]).await;
        assert_eq!(
            outcome.as_ref().err().copied(),
            model.wait(now),
            "step {step} of {seed:?}"
        );
        match outcome {
            Ok(attempt) if dice.is_multiple_of(7) => attempt.refund().await,
            Ok(_) => model.0.push(now),
            Err(_) => {}
        }
    }
    for six in model.0.windows(6) {
        assert!(six[5] - six[0] > WINDOW, "{six:?}");
    }
}

/// AC-198
#[tokio::test]
async fn no_span_of_a_window_admits_more_on_sqlite() {
    the_window_is_that_of_the_model(Place::Sqlite).await;
}

/// AC-198
#[tokio::test]
async fn no_span_of_a_window_admits_more_on_postgres() {
    the_window_is_that_of_the_model(Place::Postgres).await;
}
