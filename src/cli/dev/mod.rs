//! `keywright dev`: a server to try things with. It has its own database and keys, on this machine only.

mod clients;
mod describe;
mod folder;
mod people;

use super::Global;
use super::error::{CliError, Result};
use super::global::build;
use super::output::{Output, to_stdout};
use super::serve::lock;
use super::shutdown;
use crate::config::{self, Config, Environment};
use crate::{http, jobs, telemetry};
use clap::Args;
use describe::Description;
use folder::Folder;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Arguments of `keywright dev`.
#[derive(Debug, Args)]
pub(super) struct Dev {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Keep database, keys, users and clients in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// Serves until a signal asks to stop; then a folder that is not kept is removed.
///
/// # Errors
/// The port is taken, or the folder cannot be used.
pub(super) async fn run(dev: &Dev, global: &Global, output: Output) -> Result {
    if !global.flags().values.is_empty() {
        return Err(CliError::usage(
            "dev has its own database and address",
            "keywright dev --port 8080 --keep DIR    (or: keywright serve)",
        ));
    }
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, dev.port))).await;
    let (listener, address) = listener
        .and_then(|listener| listener.local_addr().map(|address| (listener, address)))
        .map_err(|error| {
            CliError::failure(
                format!("cannot listen on port {}: {error}", dev.port),
                "keywright dev --port 0",
            )
        })?;
    let folder = match &dev.keep {
        Some(path) => Folder::kept(path),
        None => Folder::temporary(),
    };
    let folder = folder.map_err(|error| {
        CliError::failure(
            format!("cannot make the folder: {error}"),
            "keywright dev --keep DIR",
        )
    })?;
    let config = configuration(global, &folder, address)?;
    telemetry::init(&config.log);
    let app = Arc::new(lock(build(config).await?)?);
    let stop = shutdown::listen();
    let description = Description::load_or_make(&app, &folder).await?;
    if output.json {
        to_stdout(&description.json().to_string());
    } else {
        to_stdout(&description.text());
    }
    jobs::spawn(&app);
    http::serve(app, listener, stop).await;
    drop(folder);
    Ok(())
}

/// As for `serve`, except that nothing of a real installation is touched.
fn configuration(global: &Global, folder: &Folder, address: SocketAddr) -> Result<Config> {
    let mut flags = global.flags();
    flags.development = true;
    let database = format!("sqlite:{}", folder.path().join("keywright.db").display());
    let keys = folder.path().join("keys").display().to_string();
    // Passkeys and cookies want a name: `localhost` and not 127.0.0.1.
    let issuer = format!("http://localhost:{}", address.port());
    flags.values = vec![
        ("public_url", "dev", issuer),
        ("server.listen", "dev", address.to_string()),
        ("database.url", "dev", database),
        ("keys.directory", "dev", keys),
        ("keys.data_key", "dev", String::new()),
        ("tls.certificate", "dev", String::new()),
        ("tls.key", "dev", String::new()),
        ("tls.mtls_listen", "dev", String::new()),
        ("tls.mtls_url", "dev", String::new()),
        ("tls.client_ca", "dev", String::new()),
        ("tls.client_crl", "dev", String::new()),
        ("tls.client_certificate_header", "dev", "false".to_owned()),
    ];
    Ok(config::load(&flags, &Environment::of_process())?)
}
