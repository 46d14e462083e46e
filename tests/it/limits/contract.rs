//! What a limit promises, wherever it counts.

use super::fixture::{At, Place, WINDOW, account, outcome, peer};
use super::in_each_place;
use std::sync::Arc;

in_each_place! {
    /// AC-196
    the_sixth_attempt_waits_as_long_as_it_is_told,
    /// AC-198
    the_window_slides,
    /// AC-211
    a_success_gives_its_attempt_back_and_clears_the_account_only,
    an_attempt_that_is_given_back_was_none,
    /// AC-196
    a_refused_attempt_counts_nowhere,
    the_longest_wait_is_announced,
    /// AC-197
    of_a_hundred_at_once_on_two_servers_five_are_admitted,
    of_a_hundred_at_once_on_two_keys_five_are_admitted_and_no_other_is_counted,
    attempts_that_succeed_at_once_leave_nothing_behind,
    /// AC-201
    the_addresses_of_one_customer_are_one_peer,
    two_limits_do_not_meet,
    another_server_knows_the_attempts,
}

async fn the_sixth_attempt_waits_as_long_as_it_is_told(at: At) {
    let keys = [account("a"), peer("192.0.2.1")];
    at.admits(5, &keys).await;
    let wait = at.attempt(&keys).await.err().unwrap();
    assert!(at.is_whole_window(wait), "{wait}");
    if at.place != Place::Redis && at.place != Place::Memcached {
        at.pass(wait - 1).await;
        assert_eq!(at.attempt(&keys).await.err(), Some(1));
        at.pass(1).await;
    } else {
        at.pass(wait + 1).await; // exact to one second
    }
    at.admits(5, &keys).await;
}

async fn the_window_slides(at: At) {
    let keys = [account("a")];
    for _ in 0..3 {
        drop(at.attempt(&keys).await.unwrap());
    }
    at.pass(WINDOW - 1).await;
    at.admits(2, &keys).await;
    // The first three are over, the last two are not.
    at.pass(2).await;
    let mut admitted = 0;
    while at.attempt(&keys).await.is_ok() {
        admitted += 1;
    }
    assert_eq!(admitted, 3);
}

async fn a_success_gives_its_attempt_back_and_clears_the_account_only(at: At) {
    let (alice, here) = (account("a"), peer("192.0.2.1"));
    for _ in 0..4 {
        drop(at.attempt(&[alice, here]).await.unwrap());
    }
    for _ in 0..6 {
        at.attempt(&[alice, here])
            .await
            .unwrap()
            .refund_and_reset(alice)
            .await;
    }
    at.admits(1, &[here]).await;
    at.admits(5, &[alice]).await;
    at.limit.reset(alice).await;
    at.admits(5, &[alice]).await;
}

async fn an_attempt_that_is_given_back_was_none(at: At) {
    let keys = [account("a"), peer("192.0.2.1")];
    for _ in 0..4 {
        drop(at.attempt(&keys).await.unwrap());
    }
    for _ in 0..6 {
        at.attempt(&keys).await.unwrap().refund().await;
    }
    at.admits(1, &keys).await;
}

async fn a_refused_attempt_counts_nowhere(at: At) {
    let (alice, bob, here) = (account("a"), account("b"), peer("192.0.2.1"));
    at.admits(5, &[here]).await;
    for _ in 0..10 {
        assert!(at.attempt(&[alice, here]).await.is_err());
        assert!(at.attempt(&[here, bob]).await.is_err());
    }
    at.admits(5, &[alice]).await;
    at.admits(5, &[bob]).await;
}

async fn the_longest_wait_is_announced(at: At) {
    let (alice, here) = (account("a"), peer("192.0.2.1"));
    at.admits(5, &[alice]).await;
    at.pass(2).await;
    at.admits(5, &[here]).await;
    for keys in [[alice, here], [here, alice]] {
        let wait = at.attempt(&keys).await.err().unwrap();
        assert!(at.is_whole_window(wait), "{wait}");
    }
}

/// How many of a hundred racers are admitted, each under its own keys, on both servers.
async fn race(at: &Arc<At>, keys: impl Fn(usize) -> Vec<keywright::identity::login_limit::Key>) -> usize {
    let start = Arc::new(tokio::sync::Barrier::new(100));
    let racers: Vec<_> = (0..100)
        .map(|number| {
            let (at, start, keys) = (Arc::clone(at), Arc::clone(&start), keys(number));
            tokio::spawn(async move {
                let limit = if number % 2 == 0 { &at.limit } else { &at.elsewhere };
                start.wait().await;
                outcome(limit.reserve(&keys, at.now()).await).is_ok()
            })
        })
        .collect();
    let mut admitted = 0;
    for racer in racers {
        admitted += usize::from(racer.await.unwrap());
    }
    admitted
}

async fn of_a_hundred_at_once_on_two_servers_five_are_admitted(at: At) {
    let at = Arc::new(at);
    assert_eq!(race(&at, |_| vec![account("a")]).await, 5);
    let admitted = race(&at, |number| {
        vec![account("b"), peer(&format!("192.0.2.{number}"))]
    })
    .await;
    assert_eq!(admitted, 5);
}

async fn of_a_hundred_at_once_on_two_keys_five_are_admitted_and_no_other_is_counted(at: At) {
    let at = Arc::new(at);
    // All come from one peer, each for an account of its own.
    let keys = |number: usize| vec![account(&format!("a{number}")), peer("192.0.2.1")];
    assert_eq!(race(&at, keys).await, 5);
    let mut counted = 0;
    for number in 0..100 {
        let account = account(&format!("a{number}"));
        let mut left = 0;
        while at.attempt(&[account]).await.is_ok() {
            left += 1;
        }
        counted += 5 - left;
    }
    assert_eq!(counted, 5);
}

async fn attempts_that_succeed_at_once_leave_nothing_behind(at: At) {
    let at = Arc::new(at);
    let (alice, here) = (account("a"), peer("192.0.2.1"));
    let racers: Vec<_> = (0..40)
        .map(|number| {
            let at = Arc::clone(&at);
            tokio::spawn(async move {
                let limit = if number % 2 == 0 { &at.limit } else { &at.elsewhere };
                if let Ok(attempt) = outcome(limit.reserve(&[alice, here], at.now()).await) {
                    attempt.refund_and_reset(alice).await;
                }
            })
        })
        .collect();
    for racer in racers {
        racer.await.unwrap();
    }
    at.admits(5, &[alice, here]).await;
}

async fn the_addresses_of_one_customer_are_one_peer(at: At) {
    for number in 0..5 {
        let address = format!("2001:db8:1:2:{number:x}::{number:x}");
        drop(at.attempt(&[peer(&address)]).await.unwrap());
    }
    let same = peer("2001:db8:1:2:ffff:ffff:ffff:ffff");
    assert!(at.attempt(&[same]).await.is_err());
    assert!(at.attempt(&[peer("2001:db8:1:3::1")]).await.is_ok());
}

async fn two_limits_do_not_meet(at: At) {
    let keys = [account("a")];
    at.admits(5, &keys).await;
    let other = at.other();
    outcome(other.reserve(&keys, at.now()).await)
        .unwrap()
        .refund()
        .await;
    other.reset(account("a")).await;
    assert!(at.attempt(&keys).await.is_err());
}

async fn another_server_knows_the_attempts(at: At) {
    let keys = [account("a")];
    for _ in 0..4 {
        drop(at.attempt(&keys).await.unwrap());
    }
    let there = outcome(at.elsewhere.reserve(&keys, at.now()).await).unwrap();
    assert!(at.attempt(&keys).await.is_err());
    there.refund().await;
    at.elsewhere.reset(account("a")).await;
    at.admits(5, &keys).await;
}
