//! Status lists that are not what they should be: an issuer of the tests' own hands them out.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use keywright::clock::{Clock, ManualClock};
use keywright::entropy::SystemEntropy;
use keywright::jose::generate::generate;
use keywright::jose::{Alg, SigningKey};
use keywright::resource::{Denied, Require, Resource};
use keywright::time::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

const NOW: i64 = 1_800_000_000;

/// What is served, by name of the list.
type Bodies = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// An issuer that serves whatever list it is told to.
struct Forger {
    url: String,
    key: SigningKey,
    clock: Arc<ManualClock>,
    bodies: Bodies,
}

fn key() -> SigningKey {
    SigningKey::load(Alg::EdDSA, &generate(Alg::EdDSA, &SystemEntropy).unwrap()).unwrap()
}

fn packed(bytes: &[u8]) -> String {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    URL_SAFE_NO_PAD.encode(packed.finish().unwrap())
}

impl Forger {
    async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let key = key();
        let metadata = json!({ "issuer": url, "jwks_uri": format!("{url}/jwks") });
        let jwks = json!({ "keys": [key.public()] });
        let bodies: Bodies = Arc::default();
        let list = async |Path(name): Path<String>, State(bodies): State<Bodies>| {
            bodies.lock().unwrap().get(&name).cloned().unwrap_or_default()
        };
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(async move || metadata.to_string()),
            )
            .route("/jwks", get(async move || jwks.to_string()))
            .route(
                "/moved",
                get(async || axum::response::Redirect::temporary("/status/good")),
            )
            .route("/status/{name}", get(list))
            .with_state(Arc::clone(&bodies));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            key,
            clock: Arc::new(ManualClock::new(Timestamp(NOW))),
            bodies,
        }
    }

    fn resource(&self) -> Resource {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Resource::with_clock(&self.url, "api", clock).unwrap()
    }

    /// A good access token with this status.
    fn token(&self, status: &Value) -> String {
        let claims = json!({
            "iss": self.url, "aud": "api", "sub": "u", "client_id": "c", "jti": "j", "iat": NOW, "exp": NOW + 900,
            "status": status,
        });
        self.key.sign("at+jwt", &claims).unwrap()
    }

    fn token_in(&self, list: &str, index: u64) -> String {
        let uri = format!("{}/status/{list}", self.url);
        self.token(&json!({ "status_list": { "idx": index, "uri": uri } }))
    }

    /// The claims of a good list in which the token at 1 has ended.
    fn claims(&self, list: &str) -> Value {
        json!({
            "iss": self.url, "sub": format!("{}/status/{list}", self.url), "iat": NOW, "exp": NOW + 300, "ttl": 30,
            "status_list": { "bits": 1, "lst": packed(&[0b10]) },
        })
    }

    fn publish(&self, list: &str, body: impl Into<Vec<u8>>) {
        self.bodies.lock().unwrap().insert(list.to_owned(), body.into());
    }

    fn signed(&self, claims: &Value) -> String {
        self.key.sign("statuslist+jwt", claims).unwrap()
    }

    async fn check(&self, token: &str) -> Result<(), Denied> {
        self.resource().check(token, &Require::token()).await.map(|_| ())
    }
}

/// draft-ietf-oauth-status-list §8.3
#[tokio::test]
async fn a_good_list_says_who_has_ended_and_nothing_about_what_is_beyond_it() {
    let forger = Forger::new().await;
    forger.publish("good", forger.signed(&forger.claims("good")));
    for (index, verdict) in [
        (0, Ok(())),
        (1, Err(Denied::InvalidToken("revoked"))),
        (7, Ok(())),
        (8, Err(Denied::InvalidToken("beyond its status list"))),
        (u64::MAX, Err(Denied::InvalidToken("beyond its status list"))),
    ] {
        assert_eq!(
            forger.check(&forger.token_in("good", index)).await,
            verdict,
            "{index}"
        );
    }
    // Suspended is no more good than revoked.
    let mut claims = forger.claims("two");
    claims["status_list"] = json!({ "bits": 2, "lst": packed(&[0b10]) });
    forger.publish("two", forger.signed(&claims));
    assert!(forger.check(&forger.token_in("two", 0)).await.is_err());
    assert_eq!(forger.check(&forger.token_in("two", 1)).await, Ok(()));
}

/// draft-ietf-oauth-status-list §5.1, §8.3 · RFC 8725 §3.11: no list is better than a wrong one.
#[tokio::test]
async fn a_list_that_is_not_good_is_no_list() {
    let forger = Forger::new().await;
    let changed = |name: &str, value: Value| {
        let mut claims = forger.claims("x");
        claims[name] = value;
        forger.signed(&claims)
    };
    let without = |name: &str| {
        let mut claims = forger.claims("x");
        claims.as_object_mut().unwrap().remove(name);
        forger.signed(&claims)
    };
    let good = forger.claims("x");
    let token = forger.signed(&good);
    let (head, signature) = token.rsplit_once('.').unwrap();
    let bad = [
        ("another list", forger.signed(&forger.claims("y"))),
        ("no sub", without("sub")),
        ("another issuer", changed("iss", json!("https://other.test"))),
        ("no iat", without("iat")),
        ("of the future", changed("iat", json!(NOW + 60))),
        ("expired", changed("exp", json!(NOW))),
        ("a ttl that is no number", changed("ttl", json!("30"))),
        ("no list", without("status_list")),
        ("no bits", changed("status_list", json!({ "lst": packed(&[0]) }))),
        (
            "three bits",
            changed("status_list", json!({ "bits": 3, "lst": packed(&[0]) })),
        ),
        (
            "no zlib",
            changed("status_list", json!({ "bits": 1, "lst": "AAAA" })),
        ),
        ("another type", forger.key.sign("JWT", &good).unwrap()),
        ("an access token", forger.key.sign("at+jwt", &good).unwrap()),
        ("another key", key().sign("statuslist+jwt", &good).unwrap()),
        ("no signature", format!("{head}.")),
        (
            "another signature",
            format!("{head}.{}", signature.chars().rev().collect::<String>()),
        ),
        ("nothing", String::new()),
        ("no text", "\u{fffd}".to_owned()),
    ];
    let access = forger.token_in("x", 0);
    for (what, body) in bad {
        forger.publish("x", body);
        assert_eq!(forger.check(&access).await, Err(Denied::Unavailable), "{what}");
    }
    forger.publish("x", [0xFF, 0xFE]);
    assert_eq!(forger.check(&access).await, Err(Denied::Unavailable));
    forger.publish("x", token.clone());
    assert_eq!(forger.check(&access).await, Ok(()));
    forger.publish("x", without("exp"));
    assert_eq!(
        forger.check(&access).await,
        Ok(()),
        "`exp` and `ttl` are recommended only"
    );
    forger.publish("x", without("ttl"));
    assert_eq!(forger.check(&access).await, Ok(()));
}

/// A small list that unpacks to 64 MB, and one that is large on the way.
#[tokio::test]
async fn a_list_that_unpacks_to_too_much_is_no_list() {
    let forger = Forger::new().await;
    let mut claims = forger.claims("bomb");
    claims["status_list"] = json!({ "bits": 1, "lst": packed(&vec![0; 64 << 20]) });
    let bomb = forger.signed(&claims);
    assert!(bomb.len() < 200_000);
    forger.publish("bomb", bomb);
    assert_eq!(
        forger.check(&forger.token_in("bomb", 0)).await,
        Err(Denied::Unavailable)
    );
    claims["status_list"] = json!({ "bits": 1, "lst": packed(&vec![0; 1 << 20]) });
    forger.publish("bomb", forger.signed(&claims));
    assert_eq!(
        forger.check(&forger.token_in("bomb", 0)).await,
        Ok(()),
        "a megabyte is taken"
    );
    forger.publish("bomb", vec![b'x'; 2 << 20]);
    assert_eq!(
        forger.check(&forger.token_in("bomb", 0)).await,
        Err(Denied::Unavailable)
    );
}

/// AC-111: no token makes the resource server fetch from elsewhere, and no redirect does.
#[tokio::test]
async fn a_list_elsewhere_is_not_fetched() {
    let forger = Forger::new().await;
    let other = Forger::new().await;
    other.publish("good", other.signed(&other.claims("good")));
    let port = forger.url.rsplit_once(':').unwrap().1;
    for uri in [
        format!("{}/status/good", other.url),
        format!("http://127.0.0.1:{port}/status/good"),
        format!("https://localhost:{port}/status/good"),
        format!(
            "http://localhost:{port}@{}/status/good",
            other.url.trim_start_matches("http://")
        ),
        "http://169.254.169.254/latest".to_owned(),
        "file:///etc/passwd".to_owned(),
        "/status/good".to_owned(),
        String::new(),
    ] {
        let token = forger.token(&json!({ "status_list": { "idx": 0, "uri": uri } }));
        let denied = forger.check(&token).await.unwrap_err();
        assert_eq!(
            denied,
            Denied::InvalidToken("a status list that is not the issuer's"),
            "{uri}"
        );
    }
    forger.publish("good", forger.signed(&forger.claims("good")));
    let moved = json!({ "status_list": { "idx": 0, "uri": format!("{}/moved", forger.url) } });
    assert_eq!(
        forger.check(&forger.token(&moved)).await,
        Err(Denied::Unavailable)
    );
}

/// draft-ietf-oauth-status-list §6.2, §8.3
#[tokio::test]
async fn a_status_that_cannot_be_read_is_refused() {
    let forger = Forger::new().await;
    let uri = format!("{}/status/good", forger.url);
    forger.publish("good", forger.signed(&forger.claims("good")));
    for status in [
        json!(null),
        json!("x"),
        json!({}),
        json!({ "other": {} }),
        json!({ "status_list": {} }),
        json!({ "status_list": { "idx": 0 } }),
        json!({ "status_list": { "uri": uri } }),
        json!({ "status_list": { "idx": -1, "uri": uri } }),
        json!({ "status_list": { "idx": "0", "uri": uri } }),
        json!({ "status_list": { "idx": 0.5, "uri": uri } }),
        json!({ "status_list": { "idx": 0, "uri": [uri] } }),
    ] {
        let denied = forger.check(&forger.token(&status)).await;
        assert!(matches!(denied, Err(Denied::InvalidToken(_))), "{status}");
    }
}

/// A copy of an earlier list, sent again, brings no token back to life.
#[tokio::test]
async fn an_older_list_never_replaces_a_newer_one() {
    let forger = Forger::new().await;
    let resource = forger.resource();
    let token = forger.token_in("x", 1);
    let mut older = forger.claims("x");
    (older["iat"], older["exp"]) = (json!(NOW - 10), json!(NOW + 900));
    older["status_list"] = json!({ "bits": 1, "lst": packed(&[0]) });
    forger.publish("x", forger.signed(&forger.claims("x")));
    let check = async || resource.check(&token, &Require::token()).await.is_ok();
    assert!(!check().await);
    forger.publish("x", forger.signed(&older));
    forger.clock.advance(60);
    assert!(!check().await);
}
