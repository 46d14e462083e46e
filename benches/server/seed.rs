//! Fills a database before its server starts: clients, people, sessions, and grants with live refresh tokens.

use crate::Result;
use crate::load::CONNECTIONS;
use crate::server::Place;
use keywright::app::App;
use keywright::clock::SystemClock;
use keywright::entropy::{Entropy, SystemEntropy};
use keywright::id;
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use keywright::oauth::discovery::ACR_PASSWORD;
use keywright::opaque::{Kind, Opaque};
use keywright::secret::Secret;
use keywright::storage::clients::{self, ClientRow, SecretRow};
use keywright::storage::grants::{self, NewGrant, NewRefresh};
use keywright::storage::sessions::{self, SessionRow};
use keywright::storage::users::{self, UserRow};
use keywright::storage::{Db, Sql};
use keywright::time::{Seconds, Timestamp};
use std::sync::Arc;

/// Where the web applications take their codes.
pub(crate) const REDIRECT_URI: &str = "https://app.example/callback";
/// The password of everybody.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// What the web applications ask for.
pub(crate) const SCOPE: &str = "openid email offline_access";

/// Grants per user, in a small database, and the most users: with very few, Postgres would scan their whole table.
const GRANTS: usize = 10;
const USERS: usize = 20_000;
/// Refresh tokens that the load knows.
const KNOWN: usize = 40_000;
/// Rows sent to Postgres at once.
const BATCH: usize = 10_000;

/// What the load knows of a filled database.
pub(crate) struct World {
    /// Client identifiers with their secrets.
    pub(crate) clients: Vec<(&'static str, String)>,
    /// Live refresh tokens, spread over the whole table, of the client `web-es256`.
    pub(crate) tokens: Vec<String>,
    /// The row identifiers of their grants.
    pub(crate) grants: Vec<String>,
    /// Session cookies; the first of each user come first.
    pub(crate) sessions: Vec<String>,
}

/// The address of one of the people.
pub(crate) fn email(number: usize) -> String {
    format!("user{number}@people.example")
}

/// Makes the database and fills it with so many live refresh tokens, and at least so many live sessions.
pub(crate) async fn fill(place: &Place, tokens: usize, sessions: usize) -> Result<World> {
    let app = App::build(place.config()?, Arc::new(SystemClock), Arc::new(SystemEntropy)).await?;
    let now = app.clock.now();
    let clients = add_clients(&app, now).await?;
    let people = (tokens / GRANTS).clamp(CONNECTIONS, USERS);
    let mut people = add_people(&app, now, people).await?;
    let (grants, tokens) = add_grants(&app, now, &people, tokens).await?;
    let more = sessions.saturating_sub(people.len());
    people.extend(add_sessions(&app, now, &people, more).await?);
    let world = World {
        clients,
        tokens,
        grants,
        sessions: people.into_iter().map(|person| person.cookie).collect(),
    };
    if let Db::Postgres(pool) = &app.db {
        // As it is some time after a table has grown; else the first round would pay for it.
        for statement in ["VACUUM ANALYZE", "CHECKPOINT"] {
            sqlx::query(statement).execute(&mut *pool.get().await?).await?;
        }
    }
    app.db.close().await;
    Ok(world)
}

async fn add_clients(app: &App, now: Timestamp) -> Result<Vec<(&'static str, String)>> {
    let web = Metadata {
        skip_consent: true,
        ..profile(Profile::Web, vec![REDIRECT_URI.to_owned()])
    };
    let service = Metadata {
        scope: "api:read api:write".to_owned(),
        ..profile(Profile::Service, Vec::new())
    };
    let es256 = |metadata: &Metadata| Metadata {
        access_token_signed_response_alg: Some("ES256".to_owned()),
        id_token_signed_response_alg: Some("ES256".to_owned()),
        ..metadata.clone()
    };
    let clients = [
        ("web-es256", es256(&web)),
        ("web", web),
        ("service-es256", es256(&service)),
        ("service", service),
    ];
    let mut secrets = Vec::new();
    for (client_id, metadata) in clients {
        let row = ClientRow {
            id: client_id.to_owned(),
            metadata: serde_json::to_string(&metadata)?,
            disabled_at: None,
            created_at: now.0,
            updated_at: now.0,
        };
        clients::insert(app.db.write(), &row).await?;
        let (row_id, secret) = secret(app, Kind::ClientSecret, now);
        let row = SecretRow {
            id: row_id,
            client_id: client_id.to_owned(),
            digest: secret.digest(&app.vault),
            created_at: now.0,
            expires_at: None,
        };
        clients::insert_secret(app.db.write(), &row).await?;
        secrets.push((client_id, secret.expose().to_owned()));
    }
    Ok(secrets)
}

/// A new row identifier with the secret that belongs to it.
fn secret(app: &App, kind: Kind, made: Timestamp) -> (String, Opaque) {
    let row = id::row(&*app.entropy, made);
    let secret = Opaque::mint(kind, &row, &*app.entropy, &app.vault);
    (row, secret)
}

/// One of the people, with one of their sessions.
struct Person {
    user_id: String,
    session_id: String,
    cookie: String,
}

/// Everybody has the same password, hashed once, and a live session.
async fn add_people(app: &App, now: Timestamp, number: usize) -> Result<Vec<Person>> {
    let entropy: &dyn Entropy = &*app.entropy;
    let hash = app
        .passwords
        .hash(Secret::new(PASSWORD.to_owned()), entropy)
        .await?;
    let mut people = Vec::with_capacity(number);
    let mut tx = app.db.begin().await?;
    for number in 0..number {
        let user_id = id::user(entropy);
        add_user(tx.sql(), &user_id, number, &hash, now).await?;
        people.push(add_session(app, tx.sql(), now, user_id).await?);
    }
    tx.commit().await?;
    Ok(people)
}

/// More sessions of the same people.
async fn add_sessions(app: &App, now: Timestamp, people: &[Person], number: usize) -> Result<Vec<Person>> {
    let mut more = Vec::with_capacity(number);
    let mut tx = app.db.begin().await?;
    for person in people.iter().cycle().take(number) {
        more.push(add_session(app, tx.sql(), now, person.user_id.clone()).await?);
    }
    tx.commit().await?;
    Ok(more)
}

async fn add_session(app: &App, at: Sql<'_>, now: Timestamp, user_id: String) -> Result<Person> {
    let (session_id, cookie) = secret(app, Kind::Session, now);
    let session = SessionRow {
        id: session_id.clone(),
        digest: cookie.digest(&app.vault),
        user_id: user_id.clone(),
        user_epoch: 0,
        auth_time: now.0,
        acr: ACR_PASSWORD.to_owned(),
        amr: "pwd".to_owned(),
        ip: "127.0.0.1".to_owned(),
        user_agent: "benchmark".to_owned(),
        created_at: now.0,
        last_seen_at: now.0,
        expires_at: (now + app.config.sessions.absolute).0,
        ended_at: None,
    };
    sessions::insert(at, &session).await?;
    Ok(Person {
        user_id,
        session_id,
        cookie: cookie.expose().to_owned(),
    })
}

async fn add_user(at: Sql<'_>, user_id: &str, number: usize, hash: &str, now: Timestamp) -> Result<()> {
    let user = UserRow {
        id: user_id.to_owned(),
        email: email(number),
        email_verified: true,
        preferred_username: Some(format!("user{number}")),
        name: Some(format!("User {number}")),
        profile: r#"{"given_name":"User","family_name":"Example"}"#.to_owned(),
        roles: r#"["member"]"#.to_owned(),
        groups: r#"["staff"]"#.to_owned(),
        password_hash: Some(hash.to_owned()),
        credential_epoch: 0,
        disabled_at: None,
        created_at: now.0,
        updated_at: now.0,
    };
    Ok(users::insert(at, &user).await?)
}

/// Adds grants made over the last six days, and gives the tokens of every n-th.
async fn add_grants(
    app: &App,
    now: Timestamp,
    people: &[Person],
    number: usize,
) -> Result<(Vec<String>, Vec<String>)> {
    let mut known = Vec::new();
    let every = number.div_ceil(KNOWN);
    let mut batch = Vec::with_capacity(BATCH);
    for (index, person) in people.iter().cycle().take(number).enumerate() {
        let age = 6 * 86_400 * (number - index) / number;
        let made = now - Seconds(i64::try_from(age)?);
        let (id, token) = secret(app, Kind::RefreshToken, made);
        if index % every == 0 {
            known.push((id.clone(), token.expose().to_owned()));
        }
        let refresh = NewRefresh {
            digest: token.digest(&app.vault),
            expires_at: made + app.config.tokens.refresh_token_idle,
            certificate: None,
        };
        batch.push((id, person, made, refresh));
        if batch.len() == BATCH || index + 1 == number {
            add_batch(app, &batch).await?;
            batch.clear();
        }
    }
    Ok(known.into_iter().unzip())
}

type Row<'a> = (String, &'a Person, Timestamp, NewRefresh);

async fn add_batch(app: &App, batch: &[Row<'_>]) -> Result<()> {
    if let Db::Postgres(pool) = &app.db {
        let statement = "COPY grants (id, client_id, user_id, user_epoch, session_id, offline, scope, resources, \
                         nonce, auth_time, acr, amr, created_at, expires_at, purge_at, code_spent_at, \
                         refresh_digest, refresh_expires_at, status_index) FROM STDIN";
        let mut connection = pool.get().await?;
        let mut copy = connection.copy_in_raw(statement).await?;
        let lines: Vec<String> = batch.iter().map(|row| line(app, row)).collect();
        copy.send(lines.concat().into_bytes()).await?;
        copy.finish().await?;
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    for (id, person, made, refresh) in batch {
        let grant = NewGrant {
            id,
            client_id: "web-es256",
            user_id: &person.user_id,
            user_epoch: 0,
            session_id: Some(&person.session_id),
            offline: true,
            scope: SCOPE,
            resources: "[]",
            claims: None,
            nonce: Some("n-0S6_WzA2Mj"),
            auth_time: made.0,
            acr: ACR_PASSWORD,
            amr: "pwd",
            created_at: *made,
            expires_at: *made + app.config.tokens.refresh_token_absolute,
            purge_at: *made + app.config.tokens.refresh_token_absolute,
            code: None,
            refresh: Some(refresh.clone()),
            // Else the first refresh of each would write one.
            status_index: Some(0),
        };
        grants::insert(tx.sql(), &grant).await?;
    }
    Ok(tx.commit().await?)
}

/// The same row in the text format of COPY.
fn line(app: &App, (id, person, made, refresh): &Row<'_>) -> String {
    let (user, session, made) = (&person.user_id, &person.session_id, made.0);
    let ends = made + app.config.tokens.refresh_token_absolute.0;
    let digest: String = refresh.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let refresh_ends = refresh.expires_at.0;
    format!(
        "{id}\tweb-es256\t{user}\t0\t{session}\tt\t{SCOPE}\t[]\tn-0S6_WzA2Mj\t{made}\t{ACR_PASSWORD}\tpwd\t{made}\t\
         {ends}\t{ends}\t{made}\t\\\\x{digest}\t{refresh_ends}\t0\n"
    )
}
