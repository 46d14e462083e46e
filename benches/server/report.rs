//! The report: one Markdown table of endpoints, one of everything else, and how steady the machine was.

use crate::accounting;
use crate::endpoint::{Aim, Endpoint};
use crate::figures::{Figures, Row};
use crate::limits::Algorithm;
use crate::rounds::Measured;
use crate::subject::Subject;
use std::fmt::Write;

/// CPU seconds of one RS256 signature on the machine on which the aims were set.
const REFERENCE_SIGNATURE: f64 = 226e-6;

pub(crate) fn write(subjects: &[Subject], measured: &Measured) -> String {
    let slower = slower(measured);
    let mut rows = vec![cells(&[
        "endpoint",
        "database",
        "tokens",
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
    let mut rows = vec![cells(&["what", "database", "measured", "aim", "floor"])];
    rows.extend(sizes(subjects, measured));
    rows.extend(growth(measured));
    let _ = write!(text, "\n{}\n{}", table(&rows), footer(measured, slower));
    text
}

/// By what factor this machine is slower than the one on which the aims were set.
fn slower(measured: &Measured) -> f64 {
    let readings = measured
        .signing
        .iter()
        .filter(|reading| reading.algorithm == Algorithm::Rs256);
    crate::figures::median(readings.map(|reading| reading.cpu).collect()) / REFERENCE_SIGNATURE
}

fn endpoint(row: &Row, slower: f64) -> Vec<String> {
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
        .filter_map(|aim| judge(*aim, &median, ratio, slower));
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

fn thousands(number: usize) -> String {
    match number {
        1_000_000.. => format!("{} M", number / 1_000_000),
        _ => format!("{} k", number / 1_000),
    }
}

/// The aim and whether it is met; nothing where it was not measured.
fn judge(aim: Aim, median: &Figures, ratio: Option<f64>, slower: f64) -> Option<String> {
    let mark = |met: bool| if met { "✓" } else { "✗" };
    Some(match aim {
        Aim::OfOpenssl(least) => format!("≥ {least} of openssl {}", mark(ratio? >= least)),
        Aim::OfBare(least) => format!("≥ {least} of bare {}", mark(ratio? >= least)),
        Aim::OfHash(most) => format!("≤ {most} of the hash {}", mark(ratio? <= most)),
        // A rare write, such as the note that a session was used, is no write per request.
        Aim::Writes(most) => format!("≤ {most} writes {}", mark(median.writes? <= most + 0.05)),
        Aim::Cpu(most) if median.total_cpu() <= most => format!("≤ {most} CPU-s ✓"),
        Aim::Cpu(most) if median.total_cpu() / slower <= most => format!("≤ {most} CPU-s (✓)"),
        Aim::Cpu(most) => format!("≤ {most} CPU-s ✗"),
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
            .filter(|row| row.endpoint != Endpoint::SignIn);
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

fn footer(measured: &Measured, slower: f64) -> String {
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
        "16 connections, medians of three rounds. CPU aims include the database. (✓): met once the machine is allowed for.\n\
         \n\
         - machine: {}; load average {before} before, {after} after\n\
         - `openssl speed`, all cores, RS256 signatures/s: {}\n\
         - `openssl speed`, all cores, ES256 signatures/s: {}\n\
         - {slower:.2} times the CPU time of the machine on which the aims were set, for the same RS256 signature\n\
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
