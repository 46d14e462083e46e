//! The floor: an axum server in a process of its own that does the least that an answer needs, and nothing else. What a
//! request costs on a machine, its network, its database and its signatures, is in both, so that ratios compare.

use crate::Result;
use crate::server::Place;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright::storage::{Db, Options};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The server, stopped when dropped.
pub(crate) struct Floor {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Floor {
    /// Starts it on the database of a place, with a document of `length` bytes.
    pub(crate) fn start(length: usize, place: &Place) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--floor", &length.to_string(), "--database", place.database()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no standard output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self {
            child,
            address: line.trim().parse()?,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// What the routes share.
struct Parts {
    document: Vec<u8>,
    random: SystemRandom,
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    db: Db,
}

/// The life of that process: the same kind of runtime, the same allocator, socket options and pool as the server that is
/// measured.
#[tokio::main]
pub(crate) async fn serve(length: usize, database: &str) -> Result<()> {
    let options = Options {
        max_connections: 20,
        durable: true,
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the library wants one here, as in the server that is measured"
    )]
    let random = SystemRandom::new();
    let parts = Parts {
        document: vec![b' '; length],
        random,
        rsa: RsaKeyPair::generate(KeySize::Rsa2048)?,
        ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?,
        db: match database.strip_prefix("sqlite:") {
            Some(path) => Db::open_sqlite(path.as_ref(), options).await?,
            None => Db::open_postgres(database, options).await?,
        },
    };
    let routes = Router::new()
        .route("/", get(document))
        .route("/rs256", get(rs256))
        .route("/es256", get(es256))
        .route("/find/{id}", get(find))
        .route("/change/{id}", get(change))
        .with_state(Arc::new(parts));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        let _best_effort = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, routes).await?)
}

type Shared = State<Arc<Parts>>;

async fn document(State(parts): Shared) -> Response {
    json(parts.document.clone())
}

async fn rs256(State(parts): Shared) -> Response {
    let mut signature = vec![0; parts.rsa.public_modulus_len()];
    let signed = parts
        .rsa
        .sign(&RSA_PKCS1_SHA256, &parts.random, &SIGNED, &mut signature);
    signed.map_or_else(failed, |()| json(tokens(&[&signature])))
}

async fn es256(State(parts): Shared) -> Response {
    let signed = parts.ec.sign(&parts.random, &SIGNED);
    signed.map_or_else(failed, |signature| json(tokens(&[signature.as_ref()])))
}

/// Finds a grant.
async fn find(State(parts): Shared, Path(id): Path<String>) -> Response {
    found(&parts.db, &id).await.map_or_else(failed, json)
}

/// Finds a grant, changes it, and signs an access token and an ID token.
async fn change(State(parts): Shared, Path(id): Path<String>) -> Response {
    if let Err(error) = found(&parts.db, &id).await {
        return failed(error);
    }
    if let Err(error) = changed(&parts.db, &id).await {
        return failed(error);
    }
    let sign = || parts.ec.sign(&parts.random, &SIGNED);
    match (sign(), sign()) {
        (Ok(access), Ok(id)) => json(tokens(&[access.as_ref(), id.as_ref()])),
        (Err(error), _) | (_, Err(error)) => failed(error),
    }
}

/// As long as what is signed of an access token.
const SIGNED: [u8; 600] = [b'a'; 600];

/// A JSON array of signed texts.
fn tokens(signatures: &[&[u8]]) -> String {
    let mut text = "[".to_owned();
    for signature in signatures {
        text.push_str(if text.len() > 1 { ",\"" } else { "\"" });
        text.push_str(&String::from_utf8_lossy(&SIGNED));
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        text.push('"');
    }
    text.push(']');
    text
}

fn json(body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

fn failed(error: impl std::fmt::Display) -> Response {
    eprintln!("floor: {error}");
    axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

type Grant = (String, String, String, i64, Option<Vec<u8>>, Option<i64>);

const FIND: &str = "SELECT client_id, user_id, scope, expires_at, refresh_digest, refresh_expires_at FROM grants \
                    WHERE id = $1";
/// No token depends on this column.
const CHANGE: &str = "UPDATE grants SET nonce = $2 WHERE id = $1";
static CHANGES: AtomicU64 = AtomicU64::new(0);

async fn found(db: &Db, id: &str) -> Result<String> {
    let (client, user, scope, ..): Grant = match db {
        Db::Sqlite { readers, .. } => {
            let connection = &mut *readers.get().await?;
            sqlx::query_as(FIND).bind(id).fetch_one(connection).await?
        }
        Db::Postgres(pool) => {
            let connection = &mut *pool.get().await?;
            sqlx::query_as(FIND).bind(id).fetch_one(connection).await?
        }
    };
    Ok(format!(
        "{{\"active\":true,\"client_id\":\"{client}\",\"sub\":\"{user}\",\"scope\":\"{scope}\"}}"
    ))
}

async fn changed(db: &Db, id: &str) -> Result<()> {
    // Another one each time: SQLite writes nothing where nothing changes.
    let value = format!("{:020}", CHANGES.fetch_add(1, Ordering::Relaxed));
    match db {
        Db::Sqlite { writer, .. } => {
            let connection = &mut *writer.get().await?;
            sqlx::query(CHANGE)
                .bind(id)
                .bind(value)
                .execute(connection)
                .await?;
        }
        Db::Postgres(pool) => {
            let connection = &mut *pool.get().await?;
            sqlx::query(CHANGE)
                .bind(id)
                .bind(value)
                .execute(connection)
                .await?;
        }
    }
    Ok(())
}
