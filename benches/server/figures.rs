//! Figures of one go, and the median of several.

use crate::endpoint::Endpoint;

/// What one go at an endpoint gave.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    /// Milliseconds.
    pub(crate) p99: f64,
    /// CPU seconds of the server per 10 000 requests.
    pub(crate) cpu: f64,
    /// CPU seconds of the database per 10 000 requests, where it is a process of its own.
    pub(crate) database_cpu: Option<f64>,
    /// Write transactions per request, where the database counts them.
    pub(crate) writes: Option<f64>,
    /// The largest resident memory of the server, in MB.
    pub(crate) peak: f64,
    /// What the limit of this endpoint was in the same round: signatures or requests per second, or CPU seconds of
    /// 10 000 hashes.
    pub(crate) limit: Option<f64>,
}

impl Figures {
    pub(crate) fn total_cpu(&self) -> f64 {
        self.cpu + self.database_cpu.unwrap_or_default()
    }
}

/// All goes at one endpoint of one server.
pub(crate) struct Row {
    pub(crate) endpoint: Endpoint,
    /// The database; nothing for what has none.
    pub(crate) database: &'static str,
    /// Live refresh tokens in it.
    pub(crate) tokens: usize,
    pub(crate) goes: Vec<Figures>,
}

impl Row {
    pub(crate) fn median(&self) -> Figures {
        let optional = |field: fn(&Figures) -> Option<f64>| {
            let values: Vec<f64> = self.goes.iter().filter_map(field).collect();
            (!values.is_empty()).then(|| median(values))
        };
        let of = |field: fn(&Figures) -> f64| median(self.goes.iter().map(field).collect());
        Figures {
            per_second: of(|go| go.per_second),
            p50: of(|go| go.p50),
            p99: of(|go| go.p99),
            cpu: of(|go| go.cpu),
            database_cpu: optional(|go| go.database_cpu),
            writes: optional(|go| go.writes),
            peak: self.goes.iter().map(|go| go.peak).fold(0.0, f64::max),
            limit: optional(|go| go.limit),
        }
    }

    /// The median of the rates, each taken of the limit of its own round.
    pub(crate) fn of_limit(&self, value: fn(&Figures) -> f64) -> Option<f64> {
        let ratios = self.goes.iter().filter_map(|go| Some(value(go) / go.limit?));
        let ratios: Vec<f64> = ratios.collect();
        (!ratios.is_empty()).then(|| median(ratios))
    }
}

/// The middle one; of an even number the upper one of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
