//! A server with a filled database and the load for each of its endpoints.

use crate::Result;
use crate::accounting::{self, Group, cpu_seconds};
use crate::connection::Connection;
use crate::endpoint::Endpoint;
use crate::figures::{Figures, median};
use crate::floor::Floor;
use crate::load::{CONNECTIONS, count, drive};
use crate::seed::{World, fill};
use crate::server::{Place, Server};
use crate::work::{self, Site, Work};
use sqlx::PgPool;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Starts that the time to ready is the median of.
const STARTS: usize = 5;
/// Before each measurement: connections, caches and prepared statements are then as in a server that runs.
const WARM_UP: Duration = Duration::from_millis(200);

pub(crate) struct Subject {
    /// Which database it is on, or which store its sessions are in.
    pub(crate) database: &'static str,
    /// Live refresh tokens in that.
    pub(crate) tokens: usize,
    /// Milliseconds from start to ready on the existing database.
    pub(crate) ready: f64,
    /// MB before any load.
    pub(crate) idle: f64,
    pub(crate) place: Place,
    pub(crate) world: World,
    pub(crate) server: Server,
    floor: Floor,
    loads: Vec<(Endpoint, Vec<Work>)>,
    /// To ask Postgres for its transaction counter.
    counter: Option<PgPool>,
}

/// What a subject is made of.
#[derive(Clone, Copy)]
pub(crate) struct Setup<'a> {
    pub(crate) tokens: usize,
    pub(crate) sessions: usize,
    pub(crate) postgres: Option<&'a Postgres>,
    /// The name of the store of sessions, and `stores.url`.
    pub(crate) store: Option<(&'static str, &'a str)>,
}

/// A private Postgres server.
#[derive(Clone)]
pub(crate) struct Postgres {
    /// The address of a superuser's database.
    pub(crate) url: String,
    /// Its first process.
    pub(crate) postmaster: u32,
}

impl Subject {
    /// Makes and fills a database, and starts its server a few times.
    pub(crate) async fn new(folder: &Path, setup: Setup<'_>) -> Result<Self> {
        let Setup {
            tokens,
            sessions,
            postgres,
            store,
        } = setup;
        let database = match (store, postgres) {
            (Some((name, _)), _) => name,
            (None, Some(_)) => "Postgres",
            (None, None) => "SQLite",
        };
        let name = format!("{database}-{tokens}-{sessions}");
        eprintln!("{database}: adding {tokens} refresh tokens and {sessions} sessions");
        let (url, counter) = match postgres {
            Some(postgres) => {
                let url = create_database(&postgres.url, &name).await?;
                let counter = PgPool::connect(&url).await?;
                (Some((url, postgres.postmaster)), Some(counter))
            }
            None => (None, None),
        };
        let store = store.map_or("database:", |(_, url)| url);
        let place = Place::new(&folder.join(name), url, store)?;
        let world = fill(&place, tokens, sessions).await?;
        let mut ready = Vec::new();
        for _ in 1..STARTS {
            let (server, took) = Server::start(&place)?;
            ready.push(took.as_secs_f64() * 1e3);
            server.stop()?;
        }
        let (server, took) = Server::start(&place)?;
        ready.push(took.as_secs_f64() * 1e3);
        let floor = Floor::start(document_length(&place).await?, &place)?;
        Ok(Self {
            database,
            tokens,
            ready: median(ready),
            idle: server.resident()?.now,
            loads: loads(&place, &world, floor.address)?,
            place,
            world,
            server,
            floor,
            counter,
        })
    }

    /// Measures an endpoint for `time`.
    pub(crate) async fn measure(&mut self, endpoint: Endpoint, time: Duration) -> Result<Figures> {
        let works = self.loads.iter_mut().find(|(known, _)| *known == endpoint);
        let (_, works) = works.ok_or("no load for this endpoint")?;
        let (address, pid) = match endpoint.is_floor() {
            true => (self.floor.address, self.floor.pid()),
            false => (self.place.address, self.server.pid()),
        };
        let cpu_so_far = || -> Result<(f64, Option<f64>)> {
            let database = self.place.postmaster.map(Group::Family).map(cpu_seconds);
            Ok((cpu_seconds(Group::Process(pid))?, database.transpose()?))
        };
        drive(address, works, WARM_UP).await?;
        accounting::reset_peak(pid)?;
        let (cpu, database_cpu) = cpu_so_far()?;
        let written = transactions(self.counter.as_ref()).await?;
        let seen = drive(address, works, time).await?;
        let (cpu_after, database_cpu_after) = cpu_so_far()?;
        let written_after = transactions(self.counter.as_ref()).await?;
        let requests = count(seen.requests);
        let per_10_000 = |before: f64, after: f64| (after - before) / requests * 1e4;
        Ok(Figures {
            per_second: seen.per_second(),
            p50: seen.percentile(50),
            p99: seen.percentile(99),
            cpu: per_10_000(cpu, cpu_after),
            database_cpu: database_cpu
                .zip(database_cpu_after)
                .map(|(before, after)| per_10_000(before, after)),
            writes: written
                .zip(written_after)
                .map(|(before, after)| (after - before) / requests),
            peak: accounting::resident(pid)?.peak,
            limit: None,
        })
    }
}

fn loads(place: &Place, world: &World, floor: SocketAddr) -> Result<Vec<(Endpoint, Vec<Work>)>> {
    let site = |client| Site::new(place.address, world, client);
    let document = |path| work::same(&work::get(place.address, path, ""), "\"");
    let of_floor = |path| work::same(&work::get(floor, path, ""), "");
    // The two halves stay apart: a rotated token is not active any more.
    let half = world.tokens.len() / 2;
    let (introspected, refreshed) = world.tokens.split_at(half);
    let (found, changed) = world.grants.split_at(half);
    Ok(vec![
        (
            Endpoint::ClientCredentialsRs256,
            work::client_credentials(&site("service")?),
        ),
        (
            Endpoint::ClientCredentialsEs256,
            work::client_credentials(&site("service-es256")?),
        ),
        (Endpoint::Bare, of_floor("/")),
        (Endpoint::FloorRs256, of_floor("/rs256")),
        (Endpoint::FloorEs256, of_floor("/es256")),
        (Endpoint::FloorFind, work::each(floor, "/find/", found)),
        (Endpoint::FloorChange, work::each(floor, "/change/", changed)),
        (Endpoint::Discovery, document("/.well-known/openid-configuration")),
        (Endpoint::Jwks, document("/jwks")),
        (
            Endpoint::Introspection,
            work::introspect(&site("web-es256")?, introspected),
        ),
        (Endpoint::Refresh, work::refresh(&site("web-es256")?, refreshed)),
        (
            Endpoint::Authorize,
            work::authorize(&site("web")?, one_each(&world.sessions)),
        ),
        (Endpoint::SignIn, {
            let site = site("web")?;
            work::numbered(CONNECTIONS, |number| Work::SignIn(site.clone(), number))
        }),
        (
            Endpoint::Login,
            work::numbered(CONNECTIONS, |number| Work::Login(place.address, number)),
        ),
        (
            Endpoint::CookieRefresh,
            work::numbered(CONNECTIONS, |number| {
                Work::CookieRefresh(place.address, number, None)
            }),
        ),
        (Endpoint::Session, work::sessions(place.address, &world.sessions)),
    ])
}

/// The sessions of as many people as there are connections.
fn one_each(sessions: &[String]) -> &[String] {
    sessions.get(..CONNECTIONS).unwrap_or(sessions)
}

async fn create_database(server: &str, name: &str) -> Result<String> {
    let name = name.to_lowercase().replace(['-', ' '], "_");
    let pool = PgPool::connect(server).await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&pool)
        .await?;
    pool.close().await;
    let (base, _) = server
        .rsplit_once('/')
        .ok_or("the Postgres URL names no database")?;
    Ok(format!("{base}/{name}"))
}

/// Postgres gives a number to transactions that write, and to no others.
async fn transactions(counter: Option<&PgPool>) -> Result<Option<f64>> {
    let Some(pool) = counter else { return Ok(None) };
    let statement = "SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS FLOAT8)";
    Ok(Some(sqlx::query_scalar(statement).fetch_one(pool).await?))
}

/// The length of the discovery document.
async fn document_length(place: &Place) -> Result<usize> {
    let mut connection = Connection::open(place.address).await?;
    let request = work::get(place.address, "/.well-known/openid-configuration", "");
    Ok(connection.exchange(&request).await?.expect(200)?.body.len())
}
