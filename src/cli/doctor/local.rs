//! Checks of this machine: address, database, keys.

use super::Finding;
use crate::app::App;
use crate::cli::error::Result;
use crate::config::Config;
use crate::identity::users::ADMIN;
use crate::storage::{signing_keys, users};
use crate::time::{Seconds, Timestamp};
use crate::x509::Identity;
use std::path::Path;

/// Older signing keys are a reason to rotate.
const OLD: Seconds = Seconds(180 * 86_400);
/// A certificate that ends sooner should have been renewed.
const SOON: Seconds = Seconds(14 * 86_400);

pub(super) fn address(config: &Config) -> Finding {
    let issuer = &config.public_url;
    if issuer.is_https() {
        Finding::good("public_url", issuer.as_str())
    } else if issuer.is_loopback() {
        Finding::warning(
            "public_url",
            format!("{issuer} is reachable from this machine only"),
            "set public_url to the https address of the server before you go live",
        )
    } else {
        Finding::bad(
            "public_url",
            format!("{issuer} sends passwords and tokens in the clear"),
            "set tls.certificate, or put a proxy with TLS in front, and set public_url to the https address",
        )
    }
}

/// The certificate of this server, where it has one itself.
pub(super) fn certificate(config: &Config, now: Timestamp) -> Option<Finding> {
    let (path, key) = config.tls.identity()?;
    let bad = |why: String| {
        Some(Finding::bad(
            "certificate",
            why,
            "set tls.certificate and tls.key",
        ))
    };
    let certificate = match Identity::watch(path, key) {
        Ok(identity) => identity.current().certificate(),
        Err(why) => return bad(why),
    };
    let (certificate, expires_at) = match certificate.map(|found| (found.expires_at(), found)) {
        Ok((Some(expires_at), found)) => (found, expires_at),
        _ => return bad(format!("{}: cannot be read", path.display())),
    };
    let until = format!("{} is good until {}", path.display(), expires_at.for_people());
    let host = url::Url::parse(config.public_url.as_str()).ok();
    let host = host.as_ref().and_then(url::Url::host_str).unwrap_or_default();
    if !certificate.is_valid_at(now) {
        return bad(format!("{until}, which is not now"));
    }
    Some(if !certificate.is_for_host(host) {
        let why = format!("{} is not for {host}", path.display());
        Finding::bad("certificate", why, "get one for the host of public_url")
    } else if expires_at.since(now) < SOON {
        Finding::warning(
            "certificate",
            until,
            "renew it; the server reads it again by itself",
        )
    } else {
        Finding::good("certificate", until)
    })
}

/// What the database says, and the algorithms that it has active keys for.
pub(super) async fn checks(app: &App) -> Result<(Vec<Finding>, Vec<String>)> {
    let mut findings = database(app).await;
    findings.push(store(app).await);
    findings.extend(keys(app).await);
    Ok((findings, app.keyring.set().algs()))
}

async fn database(app: &App) -> Vec<Finding> {
    let name = app.config.database.url.for_people();
    // A write transaction that is rolled back: needs the lock and the rights, leaves nothing.
    let written = match app.db.begin().await {
        Ok(tx) => {
            drop(tx);
            Finding::good(
                "database",
                format!("{name} can be written; migrations are up to date"),
            )
        }
        Err(error) => Finding::bad(
            "database",
            format!("{name}: {error}"),
            "check rights and free space",
        ),
    };
    let admin = match users::any_with_role(app.db.read(), ADMIN).await {
        Ok(true) => Finding::good("administrator", "there is one"),
        Ok(false) => Finding::warning("administrator", "none yet", "keywright admin setup-link"),
        Err(error) => Finding::bad("administrator", error.to_string(), "see above"),
    };
    vec![written, admin]
}

async fn store(app: &App) -> Finding {
    let name = app.config.stores.url.for_people();
    match app.live_sessions.check(&*app.entropy).await {
        Ok(()) => Finding::good("session store", name),
        Err(error) => Finding::bad(
            "session store",
            format!("{name}: {error}"),
            "check that stores.url and stores.previous_url name servers that run",
        ),
    }
}

async fn keys(app: &App) -> Vec<Finding> {
    let mut findings = vec![private(&app.config.keys.directory)];
    let rows = match signing_keys::list(app.db.read()).await {
        Ok(rows) => rows,
        Err(error) => {
            findings.push(Finding::bad("signing keys", error.to_string(), "see above"));
            return findings;
        }
    };
    let now = app.clock.now();
    let algs = app.keyring.set().algs();
    if !algs.iter().any(|alg| alg == "RS256") {
        // OIDC Core §15.1: RS256 is what every client can verify.
        findings.push(Finding::bad(
            "signing keys",
            "no active RS256 key",
            "keywright key rotate --activate-in 0s",
        ));
    }
    let is_old = |created: i64| now.since(Timestamp(created)) > OLD;
    match rows
        .iter()
        .find(|row| row.state == "active" && is_old(row.activates_at))
    {
        Some(old) => findings.push(Finding::warning(
            "signing keys",
            format!(
                "the {} key signs since {}",
                old.alg,
                Timestamp(old.activates_at).for_people()
            ),
            format!("keywright key rotate --alg {}", old.alg),
        )),
        None => findings.push(Finding::good("signing keys", algs.join(", "))),
    }
    findings
}

/// Whoever reads the data-encryption key and the database can sign tokens.
fn private(directory: &Path) -> Finding {
    let shown = directory.display();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = [directory.to_owned(), directory.join("data.key")]
            .into_iter()
            .find(|path| {
                std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
            });
        if let Some(path) = open {
            return Finding::bad(
                "key files",
                format!("{} can be read by others", path.display()),
                format!("chmod go= {}", path.display()),
            );
        }
    }
    Finding::good("key files", format!("{shown} is private"))
}
