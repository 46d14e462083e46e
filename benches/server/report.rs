//! The report: one Markdown table of endpoints, one of everything else, and how steady the machine was.

use crate::accounting;
use crate::endpoint::{Aim, Endpoint};
use crate::figures::{Figures, Row};
use crate::limits::Algorithm;
use crate::rounds::Measured;
use crate::subject::Subject;
use std::fmt::Write;

/// CPU seconds of one RS256 signature by `openssl speed` where the aims were set.
const REFERENCE_RS256: f64 = 1.0 / 4_233.0;

pub(crate) fn write(subjects: &[Subject], measured: &Measured) -> String {
    let mut rows = vec![cells(&[
        "endpoint",
        "database",
        "tokens or sessions",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "server CPU-s/10k",
        "database CPU-s/10k",
        "ratio",
        "writes",
        "peak RSS MB",
        "aim",
        "floor",
    ])];
    rows.extend(measured.rows.iter().map(|row| endpoint(row, measured)));
    let mut text = table(&rows);
    let mut rows = vec![cells(&["what", "of", "measured", "aim", "floor"])];
    rows.extend(sizes(subjects, measured));
    rows.extend(growth(measured));
    rows.extend(
        measured
            .notes
            .iter()
            .map(|[what, of, value, aim]| cells(&[what, of, value, aim, ""])),
    );
    let _ = write!(text, "\n{}\n{}", table(&rows), footer(measured));
    text
}

/// What the floor of an endpoint took here, and what it took where the aims were set; aims go with it.
fn floor<'a>(row: &Row, measured: &'a Measured) -> Option<&'a Row> {
    let floor = row.endpoint.floor()?;
    let of_row = |other: &&Row| {
        let same = (other.database, other.tokens) == (row.database, row.tokens);
        other.endpoint == floor && (same || other.database.is_empty())
    };
    measured.rows.iter().find(of_row)
}

/// What an aim in CPU seconds per 10 000 requests is on this machine.
fn allowed((most, reference): (f64, f64), endpoint: Endpoint, floor: &Row, measured: &Measured) -> f64 {
    let here = floor.median().total_cpu();
    if endpoint != Endpoint::Authorize {
        return most * here / reference;
    }
    // The flow has no floor of its own: its signatures go as those of `openssl` do, the rest as the floor of a refresh
    // with one signature.
    let of_one = |algorithm| {
        let readings = measured.signing.iter();
        let readings = readings.filter(|reading| reading.algorithm == algorithm);
        crate::figures::median(readings.map(|reading| reading.cpu).collect())
    };
    let (rs256, here) = (of_one(Algorithm::Rs256), here - of_one(Algorithm::Es256) * 1e4);
    let signatures = endpoint.rs256_signatures() * 1e4;
    let rest = most - signatures * REFERENCE_RS256;
    let refresh = Endpoint::Refresh.aims().iter().find_map(|aim| match aim {
        Aim::Cpu { floor, .. } => Some(*floor),
        _ => None,
    });
    signatures * rs256 + rest * here / refresh.unwrap_or(f64::NAN)
}

fn endpoint(row: &Row, measured: &Measured) -> Vec<String> {
    let median = row.median();
    let figure = |value: f64| format!("{value:.2}");
    let optional = |value: Option<f64>| value.map(figure).unwrap_or_default();
    let ratio = match row.endpoint {
        Endpoint::SignIn => row.of_limit(Figures::total_cpu),
        _ => row.of_limit(|go| go.per_second),
    };
    let aims = row
        .endpoint
        .aims()
        .iter()
        .filter_map(|aim| judge(*aim, row, ratio, measured));
    vec![
        row.endpoint.name().to_owned(),
        row.database.to_owned(),
        if row.tokens == 0 {
            String::new()
        } else {
            thousands(row.tokens)
        },
        format!("{:.0}", median.per_second),
        figure(median.p50),
        figure(median.p99),
        figure(median.cpu),
        optional(median.database_cpu),
        optional(ratio),
        optional(median.writes),
        format!("{:.1}", median.peak),
        aims.collect::<Vec<_>>().join("; "),
        floor(row, measured).map_or_else(String::new, |floor| figure(floor.median().total_cpu())),
    ]
}

pub(crate) fn thousands(number: usize) -> String {
    match number {
        1_000_000.. => format!("{} M", number / 1_000_000),
        _ => format!("{} k", number / 1_000),
    }
}

/// The aim and whether it is met; nothing where it was not measured.
fn judge(aim: Aim, row: &Row, ratio: Option<f64>, measured: &Measured) -> Option<String> {
    let mark = |met: bool| if met { "✓" } else { "✗" };
    let median = row.median();
    Some(match aim {
        Aim::OfOpenssl {
            least,
            floor: reference,
        } => {
            let ratio = ratio?;
            if ratio >= least {
                return Some(format!("≥ {least} of openssl ✓"));
            }
            let here = least * floor(row, measured)?.of_limit(|go| go.per_second)? / reference;
            let mark = if ratio >= here { "(✓)" } else { "✗" };
            format!("≥ {least} of openssl, here {here:.2} {mark}")
        }
        Aim::OfBare(least) => format!("≥ {least} of bare {}", mark(ratio? >= least)),
        Aim::OfHashes(least) => format!("≥ {least} of the hash {}", mark(ratio? >= least)),
        Aim::OfHash(most) => format!("≤ {most} of the hash {}", mark(ratio? <= most)),
        // A rare write, such as the note that a session was used, is no write per request.
        Aim::Writes(most) => format!("≤ {most} writes {}", mark(median.writes? <= most + 0.05)),
        Aim::Cpu { most, .. } if median.total_cpu() <= most => format!("≤ {most} CPU-s ✓"),
        Aim::Cpu {
            most,
            floor: reference,
        } => {
            let here = allowed((most, reference), row.endpoint, floor(row, measured)?, measured);
            let mark = if median.total_cpu() <= here {
                "(✓)"
            } else {
                "✗"
            };
            format!("≤ {most} CPU-s, here {here:.2} {mark}")
        }
    })
}

/// Memory and the time to ready, per server.
fn sizes(subjects: &[Subject], measured: &Measured) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for subject in subjects {
        let of_subject = |row: &&Row| row.database == subject.database && row.tokens == subject.tokens;
        let under_load = measured
            .rows
            .iter()
            .filter(of_subject)
            .filter(|row| !matches!(row.endpoint, Endpoint::SignIn | Endpoint::Login));
        let under_load = under_load.map(|row| row.median().peak).fold(0.0, f64::max);
        let database = format!("{}, {} tokens", subject.database, thousands(subject.tokens));
        let mut add = |what: &str, value: f64, unit: &str, most: f64, floor: &str| {
            let mark = if value <= most { "✓" } else { "✗" };
            let (value, aim) = (format!("{value:.1} {unit}"), format!("≤ {most} {unit} {mark}"));
            rows.push(vec![
                what.to_owned(),
                database.clone(),
                value,
                aim,
                format!("{floor} {unit}"),
            ]);
        };
        add("ready on an existing database", subject.ready, "ms", 100.0, "41");
        add("resident memory, idle", subject.idle, "MB", 30.0, "12");
        add(
            "resident memory, peak under token load",
            under_load,
            "MB",
            45.0,
            "15",
        );
    }
    rows
}

/// The latency of a refresh must not depend on how many tokens there are.
fn growth(measured: &Measured) -> Option<Vec<String>> {
    let mut refresh = measured
        .rows
        .iter()
        .filter(|row| row.endpoint == Endpoint::Refresh && row.database == "Postgres");
    let (few, many) = (refresh.next()?, refresh.next()?);
    let ratio = many.median().p99 / few.median().p99;
    let mark = if ratio <= 1.10 { "✓" } else { "✗" };
    Some(vec![
        format!(
            "p99 of a refresh, {} ÷ {} tokens",
            thousands(many.tokens),
            thousands(few.tokens)
        ),
        "Postgres".to_owned(),
        format!("{ratio:.2}"),
        format!("≤ 1.10 {mark}"),
        String::new(),
    ])
}

fn footer(measured: &Measured) -> String {
    let rates = |algorithm| {
        let readings = measured
            .signing
            .iter()
            .filter(|reading| reading.algorithm == algorithm);
        let rates: Vec<String> = readings
            .map(|reading| format!("{:.0}", reading.per_second))
            .collect();
        rates.join(" ")
    };
    let drift = measured.drift() * 100.0;
    let verdict = if measured.is_steady() {
        "steady enough"
    } else {
        "FAILED: the speed of this machine changed by more than 10 % during the run, so the figures mean little; \
         run it again when nothing else runs"
    };
    let [before, after] = &measured.load;
    format!(
        "16 connections, medians of three rounds. CPU aims include the database; 1 CPU-s/10k is 100 µs a request. The floor \
         is the least that an axum server must do for the answer, measured in the same rounds. (✓): as near to the floor \
         of this machine as the aim is to that of the machine on which it was set.\n\
         \n\
         - machine: {}; load average {before} before, {after} after\n\
         - `openssl speed`, all cores, RS256 signatures/s: {}\n\
         - `openssl speed`, all cores, ES256 signatures/s: {}\n\
         - drift of `openssl speed`: {drift:.1} %: {verdict}\n",
        accounting::machine(),
        rates(Algorithm::Rs256),
        rates(Algorithm::Es256),
    )
}

fn cells(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A Markdown table that can be read as text too.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
            .max(3)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
        if number == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            let _ = writeln!(text, "| {} |", rules.join(" | "));
        }
    }
    text
}
