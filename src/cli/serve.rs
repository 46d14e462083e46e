//! `keywright serve`: the server.

use super::Global;
use super::admin;
use super::error::{CliError, Result};
use super::global::build;
use super::output::to_stderr;
use super::shutdown;
use crate::app::App;
use crate::config::{self, DatabaseUrl, Environment};
use crate::http::{self, Listeners};
use crate::storage::clients;
use crate::{jobs, telemetry};
use clap::Args;
use std::fmt::Write;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Arguments of `keywright serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The address to bind, as `server.listen`
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Tolerate plain http outside this machine, as `server.insecure_http`
    #[arg(long)]
    insecure_http: bool,
    /// Print the set-up link even where standard error is not a terminal
    #[arg(long)]
    print_setup_link: bool,
}

/// Serves until a signal asks to stop, then drains.
///
/// # Errors
/// The configuration has problems; the database or the address cannot be used.
pub(super) async fn run(serve: &Serve, global: &Global) -> Result {
    let started = Instant::now();
    let mut flags = global.flags();
    if let Some(listen) = &serve.listen {
        flags.values.push(("server.listen", "--listen", listen.clone()));
    }
    if serve.insecure_http {
        flags
            .values
            .push(("server.insecure_http", "--insecure-http", "true".to_owned()));
    }
    flags.read_files = true;
    let config = config::load(&flags, &Environment::of_process())?;
    telemetry::init(&config.log);
    // First, because a second server on this machine fails here before it touches the database.
    let main = bind(config.server.listen, "keywright serve --listen 127.0.0.1:8081").await?;
    let mutual = match config.tls.mtls_listen {
        Some(address) => Some(bind(address, "choose another tls.mtls_listen").await?),
        None => None,
    };
    let listeners = Listeners::new(main, mutual, &config.tls)
        .map_err(|error| CliError::failure(error, "keywright config check"))?;
    let app = Arc::new(lock(build(config).await?)?);
    let stop = shutdown::listen();
    let print_link = serve.print_setup_link || std::io::stderr().is_terminal();
    to_stderr(&banner(&app, started.elapsed(), print_link).await?);
    jobs::spawn(&app);
    http::serve(app, listeners, stop).await;
    Ok(())
}

async fn bind(address: SocketAddr, fix: &'static str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| CliError::failure(format!("cannot listen on {address}: {error}"), fix))
}

/// Makes this process the only server on an SQLite database.
pub(super) fn lock(mut app: App) -> Result<App> {
    if let DatabaseUrl::Sqlite(path) = &app.config.database.url {
        app.db.lock_for_serving(path).map_err(|error| {
            CliError::failure(
                format!("{}: {error}", path.display()),
                "stop the other server, or use Postgres for several servers on one database",
            )
        })?;
    }
    Ok(app)
}

async fn banner(app: &App, took: Duration, print_link: bool) -> Result<String> {
    let issuer = &app.config.public_url;
    let note = if issuer.is_loopback() {
        "            (set public_url before you go live)"
    } else {
        ""
    };
    let algs = app.keyring.set().algs();
    let mut text = format!(
        "keywright {}  ready in {:.1} s\n  issuer     {issuer}{note}\n  discovery  {}\n  \
         database   {}             keys {} ({})\n",
        env!("CARGO_PKG_VERSION"),
        took.as_secs_f64(),
        issuer.url("/.well-known/openid-configuration"),
        app.config.database.url.for_people(),
        algs.len(),
        algs.join(", "),
    );
    let tls = &app.config.tls;
    if tls.certificate.is_some() {
        let _ = write!(text, "  tls        {}", app.config.server.listen);
        if let (Some(listen), Some(url)) = (&tls.mtls_listen, &tls.mtls_url) {
            let _ = write!(text, "; clients with certificates at {listen} ({url})");
        }
        text.push('\n');
    }
    if admin::is_needed(app).await? {
        // A new link ends the earlier ones, so none is made where nobody would see it.
        let link = if print_link {
            admin::setup_link(app).await?
        } else {
            None
        };
        let _ = match link {
            Some(link) => writeln!(
                text,
                "  admin      none yet — open this link within 60 minutes to create the first one:\n             \
                 {}                   (re-issue: keywright admin setup-link)",
                link.url
            ),
            None => writeln!(
                text,
                "  admin      none yet — make the link for the first one: keywright admin setup-link"
            ),
        };
    }
    if clients::list(app.db.read(), "", 1).await?.is_empty() {
        text += "  next       keywright client add my-app --spa --redirect http://localhost:5173/callback\n";
    }
    Ok(text.trim_end().to_owned())
}
