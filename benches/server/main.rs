//! Speed and size of the server against what the machine can do: `make bench`, which passes a Postgres of its own.
//! All limits are measured in the same run, between the endpoints, because machines are not equally fast all day.
//! The aims are in `endpoint.rs` and `report.rs`.

mod accounting;
mod connection;
mod endpoint;
mod figures;
mod flood;
mod floor;
mod limits;
mod load;
mod report;
mod rounds;
mod seed;
mod server;
mod stores;
mod subject;
mod work;

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use subject::{Postgres, Setup, Subject};

/// As the server has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// Measures the server.
#[derive(Parser)]
struct Arguments {
    /// URL of a superuser's database on a private Postgres server
    #[arg(long)]
    postgres: Option<String>,
    /// Identifier of the first process of that server
    #[arg(long, requires = "postgres")]
    postmaster: Option<u32>,
    /// URL of a private Redis server
    #[arg(long)]
    redis: Option<String>,
    /// URL of a private Memcached server
    #[arg(long)]
    memcached: Option<String>,
    /// Short rounds and few tokens
    #[arg(long)]
    quick: bool,
    /// Folder for databases, logs and the report
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Measure only the endpoints whose name contains this
    filter: Option<String>,
    /// Be the floor, with a document of this many bytes
    #[arg(long, hide = true, requires = "database")]
    floor: Option<usize>,
    /// `database.url` of the floor
    #[arg(long, hide = true)]
    database: Option<String>,
    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// How much is measured.
struct Extent {
    filter: String,
    rounds: usize,
    time: Duration,
    few: usize,
    many: usize,
    /// Live sessions that a lookup must not become slower with.
    many_sessions: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match (arguments.floor, &arguments.database) {
        (Some(length), Some(database)) => floor::serve(length, database).map(|()| true),
        // `cargo test --all-targets` runs this program too, and means no measurement.
        _ if !arguments.bench => Ok(true),
        _ => measure(&arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the machine kept its speed, so that the figures mean something.
#[tokio::main(flavor = "current_thread")]
async fn measure(arguments: &Arguments) -> Result<bool> {
    let extent = if arguments.quick {
        Extent {
            filter: arguments.filter.clone().unwrap_or_default(),
            rounds: 3,
            time: Duration::from_millis(1_000),
            few: 10_000,
            many: 10_000,
            many_sessions: 10_000,
        }
    } else {
        Extent {
            filter: arguments.filter.clone().unwrap_or_default(),
            rounds: 3,
            time: Duration::from_millis(4_000),
            few: 10_000,
            many: 1_000_000,
            many_sessions: 100_000,
        }
    };
    let folder = std::path::absolute(&arguments.folder)?;
    let postgres = arguments.postgres.clone().zip(arguments.postmaster);
    let postgres = postgres.map(|(url, postmaster)| Postgres { url, postmaster });
    let of_tokens = |tokens, postgres| Setup {
        tokens,
        sessions: 0,
        postgres,
        store: None,
    };
    let mut subjects = vec![Subject::new(&folder, of_tokens(extent.few, None)).await?];
    if let Some(postgres) = &postgres {
        if extent.many > extent.few {
            subjects.push(Subject::new(&folder, of_tokens(extent.few, Some(postgres))).await?);
        }
        subjects.push(Subject::new(&folder, of_tokens(extent.many, Some(postgres))).await?);
    }
    let mut measured = rounds::run(&mut subjects, &extent).await?;
    if stores::is_asked(&extent) {
        let urls = [
            ("Redis", arguments.redis.as_deref()),
            ("Memcached", arguments.memcached.as_deref()),
        ];
        stores::run(&folder, &extent, postgres.as_ref(), &urls, &mut measured).await?;
    }
    let report = report::write(&subjects, &measured);
    std::fs::write(folder.join("report.md"), &report)?;
    println!("{report}");
    Ok(measured.is_steady())
}
