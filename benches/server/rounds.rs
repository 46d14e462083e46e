//! The rounds: limits and endpoints by turns, so that a machine that slows down slows both.

use crate::bare::Bare;
use crate::endpoint::{Endpoint, ROUND};
use crate::figures::{Figures, Row};
use crate::limits::{self, Algorithm, Reading};
use crate::load::drive;
use crate::subject::{Subject, document_length};
use crate::{Extent, Result, accounting, flood, work};
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
    let first = subjects.first().ok_or("nothing to measure")?;
    let bare = Bare::start(document_length(&first.place).await?)?;
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
                    let figures = of_bare(&bare, extent.time).await?;
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
    for subject in asked(subjects, endpoint) {
        goes.push((
            subject.database,
            subject.tokens,
            subject.measure(endpoint, time).await?,
        ));
    }
    let after = limits::signing(algorithm)?;
    measured.signing.extend([before, after]);
    let limit = Some(f64::midpoint(before.per_second, after.per_second));
    for (database, tokens, figures) in goes {
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
        let figures = subject.measure(endpoint, time).await?;
        measured.add(
            endpoint,
            subject.database,
            subject.tokens,
            Figures { limit, ..figures },
        );
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

async fn of_bare(bare: &Bare, time: Duration) -> Result<Figures> {
    let mut works = work::same(&work::get(bare.address, "/", ""), " ");
    drive(bare.address, &mut works, Duration::from_millis(200)).await?;
    let group = accounting::Group::Process(bare.pid());
    let before = accounting::cpu_seconds(group)?;
    let seen = drive(bare.address, &mut works, time).await?;
    let used = accounting::cpu_seconds(group)? - before;
    Ok(Figures {
        per_second: seen.per_second(),
        p50: seen.percentile(50),
        p99: seen.percentile(99),
        cpu: used / crate::load::count(seen.requests) * 1e4,
        peak: accounting::resident(bare.pid())?.peak,
        ..Figures::default()
    })
}
