//! Sessions in each of the stores: what looking one up and refreshing by cookie cost, and what many sessions change.

use crate::endpoint::Endpoint;
use crate::figures::{Figures, median};
use crate::load::{CONNECTIONS, drive_times};
use crate::rounds::Measured;
use crate::subject::{Postgres, Setup, Subject};
use crate::work;
use crate::{Extent, Result};
use std::path::Path;

/// Live sessions in each store.
const FEW: usize = 1_000;
/// So few that filling takes no time; no endpoint here depends on them.
const TOKENS: usize = 2 * CONNECTIONS;
const ENDPOINTS: [Endpoint; 2] = [Endpoint::Session, Endpoint::CookieRefresh];

/// Whether any of this is to be measured.
pub(crate) fn is_asked(extent: &Extent) -> bool {
    ENDPOINTS
        .iter()
        .any(|endpoint| endpoint.name().contains(&extent.filter))
}

/// Measures all stores by turns; `urls` are those of servers that run.
pub(crate) async fn run(
    folder: &Path,
    extent: &Extent,
    postgres: Option<&Postgres>,
    urls: &[(&'static str, Option<&str>)],
    measured: &mut Measured,
) -> Result<()> {
    let on = |name, url, sessions, postgres| Setup {
        tokens: TOKENS,
        sessions,
        postgres,
        store: Some((name, url)),
    };
    let mut setups = vec![
        on("memory", "memory:", FEW, None),
        on("SQLite", "database:", FEW, None),
    ];
    if postgres.is_some() {
        setups.push(on("Postgres", "database:", FEW, postgres));
    }
    for (name, url) in urls {
        if let Some(url) = url {
            setups.push(on(name, url, FEW, None));
        }
    }
    let mut stores = Vec::new();
    for setup in setups {
        stores.push(Subject::new(folder, setup).await?);
    }
    let many = on("memory", "memory:", extent.many_sessions, None);
    let mut many = Subject::new(folder, many).await?;
    measured.notes.push(fill(&many, extent).await?);
    for round in 1..=extent.rounds {
        eprintln!("stores of sessions, round {round} of {}", extent.rounds);
        for endpoint in ENDPOINTS {
            for store in &mut stores {
                let figures = store.measure(endpoint, extent.time).await?;
                measured.add(endpoint, store.database, FEW, figures);
            }
        }
        // A copy is good for a minute without a look at its row, and the last round was longer ago.
        use_each(&many, &many.world.sessions).await?;
        let figures = many.measure(Endpoint::Session, extent.time).await?;
        measured.add(Endpoint::Session, many.database, extent.many_sessions, figures);
    }
    measured.notes.extend(growth(measured, extent));
    measured.end()
}

/// Uses every session once, so that all are in the memory of the server, and gives what one takes there.
async fn fill(many: &Subject, extent: &Extent) -> Result<[String; 4]> {
    let (first, rest) = many.world.sessions.split_at(FEW);
    // Statements, caches and buffers are there afterwards, and are not counted.
    use_each(many, first).await?;
    let before = many.server.resident()?.now;
    use_each(many, rest).await?;
    let grown = many.server.resident()?.now - before;
    let each = grown * 1024.0 * 1024.0 / crate::load::count(rest.len());
    Ok([
        format!(
            "memory of a live session, {} of them",
            crate::report::thousands(extent.many_sessions)
        ),
        "memory".to_owned(),
        format!("{each:.0} bytes"),
        String::new(),
    ])
}

async fn use_each(subject: &Subject, sessions: &[String]) -> Result<()> {
    let address = subject.place.address;
    let times = sessions.len() / CONNECTIONS;
    drive_times(address, &mut work::sessions(address, sessions), times).await?;
    Ok(())
}

/// A lookup must not take longer where there are many sessions.
fn growth(measured: &Measured, extent: &Extent) -> Vec<[String; 4]> {
    let of = |sessions: usize| {
        let same = measured.rows.iter().find(|row| {
            row.endpoint == Endpoint::Session && row.database == "memory" && row.tokens == sessions
        });
        same.map(|row| row.goes.clone()).unwrap_or_default()
    };
    let (few, many) = (of(FEW), of(extent.many_sessions));
    let ratio = |value: fn(&Figures) -> f64| {
        let pairs = few.iter().zip(&many);
        median(pairs.map(|(few, many)| value(many) / value(few)).collect())
    };
    let note = |what: &str, ratio: f64| {
        let mark = if ratio <= 1.10 { "✓" } else { "✗" };
        [
            format!(
                "{what} of a session lookup, {} ÷ {} sessions",
                crate::report::thousands(extent.many_sessions),
                crate::report::thousands(FEW)
            ),
            "memory".to_owned(),
            format!("{ratio:.2}"),
            format!("≤ 1.10 {mark}"),
        ]
    };
    vec![
        note("CPU time", ratio(|go| go.cpu)),
        note("p50", ratio(|go| go.p50)),
        note("p99", ratio(|go| go.p99)),
    ]
}
