//! The report: one Markdown table of endpoints, one of everything else, and how steady the machine was.

use crate::accounting;
use crate::endpoint::{Aim, Endpoint};
use crate::figures::{Figures, Row};
use crate::limits::Algorithm;
use crate::rounds::Measured;
use crate::subject::Subject;
use std::fmt::Write;

/// CPU seconds of one signature by `openssl speed` on the machine on which the aims were set.
const REFERENCE_RS256: f64 = 1.0 / 4_233.0;
const REFERENCE_ES256: f64 = 1.0 / 63_315.0;

pub(crate) fn write(subjects: &[Subject], measured: &Measured) -> String {
    let slower = Slower::of(measured);
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
    rows.extend(measured.rows.iter().map(|row| endpoint(row, slower)));
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
    let _ = write!(text, "\n{}\n{}", table(&rows), footer(measured, slower));
    text
}

/// By what factors this machine is slower than the one on which the aims were set. RSA gains most from what newer
/// processors have; all else is taken to go as ECDSA does.
#[derive(Clone, Copy)]
struct Slower {
    rs256: f64,
    other: f64,
}

impl Slower {
    fn of(measured: &Measured) -> Self {
        let median = |algorithm| {
            let readings = measured.signing.iter();
            let readings = readings.filter(|reading| reading.algorithm == algorithm);
            crate::figures::median(readings.map(|reading| reading.cpu).collect())
        };
        Self {
            rs256: median(Algorithm::Rs256) / REFERENCE_RS256,
            other: median(Algorithm::Es256) / REFERENCE_ES256,
        }
    }

    /// What an aim in CPU seconds per 10 000 requests is on this machine.
    fn allowed(self, aim: f64, endpoint: Endpoint) -> f64 {
        let rs256 = endpoint.rs256_signatures() * REFERENCE_RS256 * 1e4;
        rs256 * self.rs256 + (aim - rs256) * self.other
    }
}

fn endpoint(row: &Row, slower: Slower) -> Vec<String> {
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
        .filter_map(|aim| judge(*aim, row.endpoint, &median, ratio, slower));
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
        row.endpoint.floor().to_owned(),
    ]
}

pub(crate) fn thousands(number: usize) -> String {
    match number {
        1_000_000.. => format!("{} M", number / 1_000_000),
        _ => format!("{} k", number / 1_000),
    }
}

/// The aim and whether it is met; nothing where it was not measured.
fn judge(
    aim: Aim,
    endpoint: Endpoint,
    median: &Figures,
    ratio: Option<f64>,
    slower: Slower,
) -> Option<String> {
    let mark = |met: bool| if met { "✓" } else { "✗" };
    Some(match aim {
        Aim::OfOpenssl(least) => format!("≥ {least} of openssl {}", mark(ratio? >= least)),
        Aim::OfBare(least) => format!("≥ {least} of bare {}", mark(ratio? >= least)),
        Aim::OfHashes(least) => format!("≥ {least} of the hash {}", mark(ratio? >= least)),
        Aim::OfHash(most) => format!("≤ {most} of the hash {}", mark(ratio? <= most)),
        // A rare write, such as the note that a session was used, is no write per request.
        Aim::Writes(most) => format!("≤ {most} writes {}", mark(median.writes? <= most + 0.05)),
        Aim::Cpu(most) if median.total_cpu() <= most => format!("≤ {most} CPU-s ✓"),
        Aim::Cpu(most) => {
            let allowed = slower.allowed(most, endpoint);
            let mark = if median.total_cpu() <= allowed {
                "(✓)"
            } else {
                "✗"
            };
            format!("≤ {most} CPU-s, here {allowed:.2} {mark}")
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

fn footer(measured: &Measured, slower: Slower) -> String {
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
        "16 connections, medians of three rounds. CPU aims include the database; 1 CPU-s/10k is 100 µs a request. (✓): met \
         once the machine is allowed for.\n\
         \n\
         - machine: {}; load average {before} before, {after} after\n\
         - `openssl speed`, all cores, RS256 signatures/s: {}\n\
         - `openssl speed`, all cores, ES256 signatures/s: {}\n\
         - times the CPU time of the machine on which the aims were set, for the same signature: RS256 {:.2}, ES256 {:.2}\n\
         - drift of `openssl speed`: {drift:.1} %: {verdict}\n",
        accounting::machine(),
        rates(Algorithm::Rs256),
        rates(Algorithm::Es256),
        slower.rs256,
        slower.other,
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
