//! A resource server hears of a sign-out before the token expires.

use super::{IssuerServer, call, example, is_challenged};
use axum::body::Body;
use axum::http::Request;
use keywright::entropy::SystemEntropy;
use keywright::jose::Alg;
use keywright::keyring;
use keywright::resource::{Denied, Require, Resource, StatusOutage};
use keywright::time::Seconds;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a list is kept, and how long it is relied upon, in seconds.
const TTL: i64 = 30;
const LIFE: i64 = 300;
/// A list is asked for at most once in this time.
const INTERVAL: Duration = Duration::from_millis(1_050);

async fn sign_out(issuer: &IssuerServer, token: &str) {
    let request = Request::post("/auth/logout")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"));
    let answer = issuer.app.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 204);
}

async fn check(resource: &Resource, token: &str) -> Result<(), Denied> {
    resource.check(token, &Require::token()).await.map(|_| ())
}

impl IssuerServer {
    fn lists(&self) -> usize {
        self.lists.load(Ordering::SeqCst)
    }

    fn set_away(&self, away: bool) {
        self.is_away.store(away, Ordering::SeqCst);
    }

    /// From now on another key signs.
    async fn rotate_keys(&self) {
        let (app, none) = (&self.app.app, Seconds(0));
        let now = self.app.now();
        keyring::announce(&app.db, &app.vault, &SystemEntropy, Alg::RS256, now, none)
            .await
            .unwrap();
        app.refresh_keys().await.unwrap();
    }
}

/// The guide: after the sign-out the access token is refused, by every API that it is for.
#[tokio::test]
async fn a_signed_out_token_is_refused_before_it_expires() {
    let issuer = IssuerServer::new().await;
    let routes = example::routes(issuer.resource(&issuer.url));
    let (token, other) = (issuer.token().await, issuer.token().await);
    let bearer = format!("Bearer {token}");
    assert_eq!(call(&routes, "GET", "/hello", &[&bearer]).await.status, 200);
    sign_out(&issuer, &token).await;
    issuer.app.clock.advance(TTL);
    let refused = call(&routes, "GET", "/hello", &[&bearer]).await;
    is_challenged(&refused, 401, "Bearer error=\"invalid_token\"");
    // RFC 6750 §3.1: an ended token is that first, whatever it lacks.
    let refused = call(&routes, "GET", "/admin", &[&bearer]).await;
    is_challenged(&refused, 401, "Bearer error=\"invalid_token\"");
    let other = format!("Bearer {other}");
    assert_eq!(call(&routes, "GET", "/hello", &[&other]).await.status, 200);
}

#[tokio::test]
async fn a_denied_token_of_a_service_is_refused() {
    let issuer = IssuerServer::new().await;
    let resource = issuer.resource(&issuer.url);
    let service = issuer.app.service().await;
    let form = [("grant_type", "client_credentials")];
    let token = service.post("/token", &form).await.tokens().access_token;
    assert_eq!(check(&resource, &token).await, Ok(()));
    service.revoke(&token).await;
    issuer.app.clock.advance(TTL);
    assert_eq!(
        check(&resource, &token).await,
        Err(Denied::InvalidToken("revoked"))
    );
}

/// AC-110: one fetch for any number of requests, at the beginning and when the copy is too old.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_list_is_fetched_once_for_all_who_wait() {
    let issuer = IssuerServer::new().await;
    let resource = issuer.resource(&issuer.url);
    let token = issuer.token().await;
    for fetched in 1..=2 {
        let checks: Vec<_> = (0..50)
            .map(|_| {
                let (resource, token) = (Arc::clone(&resource), token.clone());
                tokio::spawn(async move { check(&resource, &token).await })
            })
            .collect();
        for check in checks {
            assert_eq!(check.await.unwrap(), Ok(()));
        }
        assert_eq!(issuer.lists(), fetched);
        issuer.app.clock.advance(TTL);
    }
}

/// AC-111: whoever hangs up while a list is on its way keeps nobody else from it.
#[tokio::test]
async fn a_request_that_is_given_up_does_not_stop_the_fetch() {
    let issuer = IssuerServer::new().await;
    let resource = issuer.resource(&issuer.url);
    let token = issuer.token().await;
    issuer.delay.store(400, Ordering::SeqCst);
    for fetched in 1..=2 {
        let given_up = {
            let (resource, token) = (Arc::clone(&resource), token.clone());
            tokio::spawn(async move { check(&resource, &token).await })
        };
        while issuer.lists() < fetched {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        given_up.abort();
        assert_eq!(check(&resource, &token).await, Ok(()));
        assert_eq!(issuer.lists(), fetched);
        issuer.app.clock.advance(TTL);
    }
}

/// Before the copy is too old it is renewed, and nobody waits for that.
#[tokio::test]
async fn a_list_in_use_is_renewed_in_the_background() {
    let issuer = IssuerServer::new().await;
    let resource = issuer.resource(&issuer.url);
    let token = issuer.token().await;
    assert_eq!(check(&resource, &token).await, Ok(()));
    sign_out(&issuer, &token).await;
    issuer.app.clock.advance(TTL * 3 / 4);
    assert_eq!(check(&resource, &token).await, Ok(()), "by the copy");
    issuer.app.clock.advance(1);
    assert_eq!(check(&resource, &token).await, Ok(()), "by the copy, now renewed");
    for _ in 0..100 {
        if check(&resource, &token).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        check(&resource, &token).await,
        Err(Denied::InvalidToken("revoked"))
    );
    assert_eq!(issuer.lists(), 2);
}

/// AC-111: what is known stays in use until the time that the issuer has set; then nothing is let through.
#[tokio::test]
async fn without_the_issuer_the_last_copy_is_good_until_its_expiry() {
    let issuer = IssuerServer::new().await;
    let resource = issuer.resource(&issuer.url);
    let token = issuer.token().await;
    assert_eq!(check(&resource, &token).await, Ok(()));
    issuer.set_away(true);
    sign_out(&issuer, &token).await;
    for _ in 0..3 {
        issuer.app.clock.advance(TTL);
        assert_eq!(check(&resource, &token).await, Ok(()), "nobody has told");
    }
    tokio::time::sleep(INTERVAL).await;
    issuer.app.clock.advance(LIFE - 3 * TTL);
    assert_eq!(check(&resource, &token).await, Err(Denied::Unavailable));
    let routes = example::routes(Arc::clone(&resource));
    let answer = call(&routes, "GET", "/hello", &[&format!("Bearer {token}")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "2"));
    let tries = issuer.lists();
    for _ in 0..50 {
        assert_eq!(check(&resource, &token).await, Err(Denied::Unavailable));
    }
    assert!(
        issuer.lists() <= tries + 1,
        "an outage is no reason to ask more often"
    );
    issuer.set_away(false);
    tokio::time::sleep(INTERVAL).await;
    assert_eq!(
        check(&resource, &token).await,
        Err(Denied::InvalidToken("revoked"))
    );
}

/// An issuer that says nothing at all costs a request one fetch (5 s), however many wait, and none while it is known.
#[tokio::test]
async fn an_issuer_that_hangs_is_waited_for_once() {
    let issuer = IssuerServer::new().await;
    let resource = issuer.resource(&issuer.url);
    let token = issuer.token().await;
    assert_eq!(check(&resource, &token).await, Ok(()));
    issuer.app.clock.advance(TTL);
    issuer.delay.store(600_000, Ordering::SeqCst);
    let started = Instant::now();
    let mut checks = Vec::new();
    // With the copy, and without one.
    for (resource, expected) in [
        (&resource, Ok(())),
        (&issuer.resource(&issuer.url), Err(Denied::Unavailable)),
    ] {
        for _ in 0..10 {
            let (resource, token) = (Arc::clone(resource), token.clone());
            let checked = tokio::spawn(async move { check(&resource, &token).await });
            checks.push((checked, expected.clone()));
        }
    }
    for (checked, expected) in checks {
        assert_eq!(checked.await.unwrap(), expected);
    }
    assert!(started.elapsed() < Duration::from_secs(9), "one after the other");
    assert_eq!(issuer.lists(), 3, "one for the copy, and one each");

    tokio::time::sleep(INTERVAL).await;
    let next = {
        let (resource, token) = (Arc::clone(&resource), token.clone());
        tokio::spawn(async move { check(&resource, &token).await })
    };
    while issuer.lists() < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..10 {
        assert_eq!(check(&resource, &token).await, Ok(()));
    }
    assert!(!next.is_finished(), "one tries, and nobody waits for it");
    assert_eq!(issuer.lists(), 4);
    next.abort();
}

#[tokio::test]
async fn an_operator_may_choose_what_an_outage_means() {
    let issuer = IssuerServer::new().await;
    let clock: Arc<dyn keywright::clock::Clock> = issuer.app.clock.clone();
    let resource = |outage| {
        let resource = Resource::with_clock(&issuer.url, &issuer.url, Arc::clone(&clock)).unwrap();
        resource.on_status_outage(outage)
    };
    let token = issuer.token().await;
    let (refuse, accept) = (resource(StatusOutage::Refuse), resource(StatusOutage::Accept));
    let fresh = resource(StatusOutage::Accept);
    let closed = resource(StatusOutage::default());
    assert_eq!(check(&refuse, &token).await, Ok(()));
    assert_eq!(check(&accept, &token).await, Ok(()));
    issuer.set_away(true);
    issuer.app.clock.advance(TTL);
    assert_eq!(check(&refuse, &token).await, Err(Denied::Unavailable));
    assert_eq!(
        check(&closed, &token).await,
        Err(Denied::Unavailable),
        "no copy at all"
    );
    issuer.app.clock.advance(LIFE);
    assert_eq!(check(&accept, &token).await, Ok(()));
    assert_eq!(check(&fresh, &token).await, Ok(()));
}

/// AC-172: a list signed by a key that is new to the resource server is one fetch of keys away, and no more than one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_list_signed_by_a_new_key_is_verified_after_one_look_at_the_keys() {
    let issuer = IssuerServer::new().await;
    let resource = issuer.resource(&issuer.url);
    let token = issuer.token().await;
    assert_eq!(check(&resource, &token).await, Ok(()));
    assert_eq!(issuer.fetched.load(Ordering::SeqCst), 1);
    issuer.rotate_keys().await;
    issuer.app.clock.advance(TTL);
    // Unknown keys are looked for once in ten seconds.
    tokio::time::sleep(Duration::from_millis(10_050)).await;
    let checks: Vec<_> = (0..50)
        .map(|_| {
            let (resource, token) = (Arc::clone(&resource), token.clone());
            tokio::spawn(async move { check(&resource, &token).await })
        })
        .collect();
    for check in checks {
        assert_eq!(check.await.unwrap(), Ok(()));
    }
    assert_eq!((issuer.fetched.load(Ordering::SeqCst), issuer.lists()), (2, 2));
    let signed_anew = issuer.token().await;
    assert_eq!(check(&resource, &signed_anew).await, Ok(()));
}

/// Where the issuer publishes no lists, its tokens name none, and go by their `exp`.
#[tokio::test]
async fn a_token_without_a_status_goes_by_its_expiry() {
    let issuer = IssuerServer::new().await;
    let without = issuer.app.node(|config| config.tokens.status_list = false).await;
    let service = issuer.app.service().await;
    let form = [("grant_type", "client_credentials")];
    let token = service
        .on(&without)
        .post("/token", &form)
        .await
        .tokens()
        .access_token;
    assert_eq!(check(&issuer.resource(&issuer.url), &token).await, Ok(()));
    assert_eq!(issuer.lists(), 0);
}
