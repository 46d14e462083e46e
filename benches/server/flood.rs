//! What a flood of sign-ins that fills the hashing pool does to the token endpoint.

use crate::endpoint::Endpoint;
use crate::figures::median;
use crate::load::drive;
use crate::subject::Subject;
use crate::work::{self, Work};
use crate::{Extent, Result};
use std::time::Duration;

pub(crate) const NAME: &str = "login flood";
/// More than work and wait in the pool with its defaults: two workers and a queue of 64 on two cores.
const CONNECTIONS: usize = 100;
/// Until the queue is full.
const RISE: Duration = Duration::from_millis(500);
/// The flood must not end before the tokens are measured.
const MARGIN: Duration = Duration::from_millis(1_000);

/// Client credentials in silence and under the flood, by turns; gives a note for the report.
pub(crate) async fn measure(subject: &mut Subject, extent: &Extent) -> Result<[String; 4]> {
    let address = subject.place.address;
    let (mut quiet, mut flooded, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=extent.rounds {
        eprintln!("{NAME}, {}, round {round} of {}", subject.database, extent.rounds);
        let silent = subject
            .measure(Endpoint::ClientCredentialsRs256, extent.time)
            .await?;
        let mut flood = work::numbered(CONNECTIONS, |number| Work::Flood(address, number));
        let tokens = async {
            tokio::time::sleep(RISE).await;
            subject
                .measure(Endpoint::ClientCredentialsRs256, extent.time)
                .await
        };
        let (loud, logins) = tokio::join!(tokens, drive(address, &mut flood, RISE + extent.time + MARGIN));
        let (loud, _) = (loud?, logins?);
        ratios.push(loud.p99 / silent.p99);
        quiet.push(silent.p99);
        flooded.push(loud.p99);
    }
    let ratio = median(ratios);
    let mark = if ratio <= 2.0 { "✓" } else { "✗" };
    Ok([
        format!(
            "p99 of `/token`, RS256, under a {NAME} ({:.1} ms) ÷ quiet ({:.1} ms)",
            median(flooded),
            median(quiet)
        ),
        subject.database.to_owned(),
        format!("{ratio:.2}"),
        format!("≤ 2 {mark}"),
    ])
}
