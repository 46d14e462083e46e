//! The rounds: limits and endpoints by turns, so that a machine that slows down slows both.

use crate::endpoint::{Endpoint, ROUND};
use crate::figures::{Figures, Row};
use crate::limits::{self, Algorithm, Reading};
use crate::subject::Subject;
use crate::{Extent, Result, accounting, flood};
use std::time::Duration;

/// Beyond this, a machine was too busy with other things for its figures to be compared.
const MAX_DRIFT: f64 = 0.10;

/// What all rounds gave.
pub(crate) struct Measured {
    pub(crate) rows: Vec<Row>,
    /// Readings of `openssl speed`, in order.
    pub(crate) signing: Vec<Reading>,
    /// The machine's load averages before and after.
    pub(crate) load: [String; 2],
    /// Further figures: what, of what, measured, aimed at.
    pub(crate) notes: Vec<[String; 4]>,
}

impl Measured {
    pub(crate) fn drift(&self) -> f64 {
        limits::drift(&self.signing)
    }

    /// A last reading of the machine.
    pub(crate) fn end(&mut self) -> Result<()> {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
            self.signing.push(limits::signing(algorithm)?);
        }
        self.load[1] = accounting::machine_load();
        Ok(())
    }

    pub(crate) fn is_steady(&self) -> bool {
        self.drift() <= MAX_DRIFT
    }

    pub(crate) fn add(
        &mut self,
        endpoint: Endpoint,
        database: &'static str,
        tokens: usize,
        figures: Figures,
    ) {
        let same = |row: &&mut Row| (row.endpoint, row.database, row.tokens) == (endpoint, database, tokens);
        match self.rows.iter_mut().find(same) {
            Some(row) => row.goes.push(figures),
            None => self.rows.push(Row {
                endpoint,
                database,
                tokens,
                goes: vec![figures],
            }),
        }
    }
}

/// Measures everything, three times over.
pub(crate) async fn run(subjects: &mut [Subject], extent: &Extent) -> Result<Measured> {
    let mut measured = Measured {
        rows: Vec::new(),
        signing: Vec::new(),
        load: [accounting::machine_load(), String::new()],
        notes: Vec::new(),
    };
    for round in 1..=extent.rounds {
        eprintln!("round {round} of {}", extent.rounds);
        for endpoint in ROUND
            .iter()
            .filter(|endpoint| endpoint.name().contains(&extent.filter))
        {
            match endpoint {
                Endpoint::ClientCredentialsRs256 | Endpoint::ClientCredentialsEs256 => {
                    sign(subjects, *endpoint, extent.time, &mut measured).await?;
                }
                Endpoint::Bare => {
                    let figures = of_any(subjects, Endpoint::Bare, extent.time).await?;
                    measured.add(Endpoint::Bare, "", 0, figures);
                }
                endpoint => all(subjects, *endpoint, extent.time, &mut measured).await?,
            }
        }
    }
    for endpoint in [Endpoint::SignIn, Endpoint::Login] {
        if endpoint.name().contains(&extent.filter) {
            hash(subjects, endpoint, extent, &mut measured).await?;
        }
    }
    if flood::NAME.contains(&extent.filter) {
        for subject in asked(subjects, Endpoint::Login) {
            measured.notes.push(flood::measure(subject, extent).await?);
        }
    }
    measured.end()?;
    Ok(measured)
}

/// Client credentials between two readings of `openssl speed`, whose mean is their limit.
async fn sign(
    subjects: &mut [Subject],
    endpoint: Endpoint,
    time: Duration,
    measured: &mut Measured,
) -> Result<()> {
    let algorithm = match endpoint {
        Endpoint::ClientCredentialsRs256 => Algorithm::Rs256,
        _ => Algorithm::Es256,
    };
    let before = limits::signing(algorithm)?;
    let mut goes = Vec::new();
    if let Some(floor) = endpoint.floor() {
        goes.push((floor, "", 0, of_any(subjects, floor, time).await?));
    }
    for subject in asked(subjects, endpoint) {
        let figures = subject.measure(endpoint, time).await?;
        goes.push((endpoint, subject.database, subject.tokens, figures));
    }
    let after = limits::signing(algorithm)?;
    measured.signing.extend([before, after]);
    let limit = Some(f64::midpoint(before.per_second, after.per_second));
    for (endpoint, database, tokens, figures) in goes {
        measured.add(endpoint, database, tokens, Figures { limit, ..figures });
    }
    Ok(())
}

/// Sign-ins between two readings of the hash alone, whose mean is their limit.
async fn hash(
    subjects: &mut [Subject],
    endpoint: Endpoint,
    extent: &Extent,
    measured: &mut Measured,
) -> Result<()> {
    for round in 1..=extent.rounds {
        eprintln!("{}, round {round} of {}", endpoint.name(), extent.rounds);
        let before = limits::hashing(extent.time / 2)?;
        let mut goes = Vec::new();
        for subject in asked(subjects, endpoint) {
            let figures = subject.measure(endpoint, extent.time).await?;
            goes.push((subject.database, subject.tokens, figures));
        }
        let hashing = before.mean(limits::hashing(extent.time / 2)?);
        let limit = Some(match endpoint {
            Endpoint::SignIn => hashing.cpu,
            _ => hashing.per_second,
        });
        for (database, tokens, figures) in goes {
            measured.add(endpoint, database, tokens, Figures { limit, ..figures });
        }
    }
    Ok(())
}

async fn all(
    subjects: &mut [Subject],
    endpoint: Endpoint,
    time: Duration,
    measured: &mut Measured,
) -> Result<()> {
    let bare = measured.rows.iter().find(|row| row.endpoint == Endpoint::Bare);
    let bare = bare.and_then(|row| row.goes.last()).map(|go| go.per_second);
    let limit = bare.filter(|_| matches!(endpoint, Endpoint::Discovery | Endpoint::Jwks));
    for subject in asked(subjects, endpoint) {
        let (database, tokens) = (subject.database, subject.tokens);
        // The flow is compared with the floor that a refresh was compared with.
        if let Some(floor) = endpoint.floor().filter(|_| endpoint != Endpoint::Authorize) {
            let figures = subject.measure(floor, time).await?;
            measured.add(floor, database, tokens, figures);
        }
        let figures = subject.measure(endpoint, time).await?;
        measured.add(endpoint, database, tokens, Figures { limit, ..figures });
    }
    Ok(())
}

/// The servers that an endpoint is measured on: one per database, the one with the most tokens, or all.
fn asked(subjects: &mut [Subject], endpoint: Endpoint) -> impl Iterator<Item = &mut Subject> {
    let sizes: Vec<(&str, usize)> = subjects
        .iter()
        .map(|subject| (subject.database, subject.tokens))
        .collect();
    subjects.iter_mut().filter(move |subject| {
        let is_same = |(database, _): &&(&str, usize)| *database == subject.database;
        let most = sizes.iter().filter(is_same).map(|(_, tokens)| *tokens).max();
        endpoint.grows() || most == Some(subject.tokens)
    })
}

/// A figure of the floor that does not depend on the database.
async fn of_any(subjects: &mut [Subject], endpoint: Endpoint, time: Duration) -> Result<Figures> {
    let first = subjects.first_mut().ok_or("nothing to measure")?;
    first.measure(endpoint, time).await
}
