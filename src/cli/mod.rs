//! The command line: one file per noun. Tests: `tests/it/cli/`.

mod admin;
mod api_key;
mod audit;
mod blocklist;
mod client;
mod config;
mod db;
mod dev;
mod doctor;
mod error;
mod global;
mod healthcheck;
mod key;
mod login;
mod output;
mod password;
mod serve;
mod shutdown;
mod token;
mod user;
mod version;
mod web;
mod words;

use error::CliError;
use global::Global;

use crate::config::Issuer;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use output::Output;
use std::process::ExitCode;

/// Grouped by purpose, which clap cannot do; a test checks that every command is here.
const HELP: &str = "\
{name} {version}: {about}

Start here: keywright dev
Usage: {usage}

Run
  dev          Run a throw-away server with demo users and clients
  serve        Run the server
  healthcheck  Ask the server on this machine whether it is ready
  doctor       Check configuration, database, keys and the public address
Manage
  client       Applications: add, list, show, update, rotate-secret, rm
  user         People: add, import, invite, list, show, set-password, unlock, disable, enable, rm
  key, api-key  Signing keys: list, rotate, import; keys for programs: add, list, revoke
  admin, audit  The set-up link for the first administrator; what happened to accounts: list
  db, blocklist  The database: migrate; passwords to refuse: build
Use
  login        Sign this terminal in by the device flow
  token        Look into a token: inspect
  config       The configuration: check, show, example
  version, completions, help

{options}

Settings come from flags, KEYWRIGHT_… variables and keywright.toml: keywright config example";

/// An OAuth 2.0 and OpenID Connect server.
#[derive(Debug, Parser)]
#[command(
    name = "keywright",
    version,
    about = "one binary that logs people in and hands out tokens",
    help_template = HELP,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a throw-away server with demo users and clients
    Dev(dev::Dev),
    /// Run the server
    Serve(serve::Serve),
    /// Ask the server on this machine whether it is ready
    Healthcheck,
    /// Check configuration, database, keys and the public address
    Doctor,
    /// Applications that may ask for tokens
    #[command(subcommand, arg_required_else_help = true)]
    Client(client::Verb),
    /// People who sign in
    #[command(subcommand, arg_required_else_help = true)]
    User(user::Verb),
    /// Long-lived secrets for programs
    #[command(subcommand, arg_required_else_help = true)]
    ApiKey(api_key::Verb),
    /// Signing keys
    #[command(subcommand, arg_required_else_help = true)]
    Key(key::Verb),
    /// The first administrator
    #[command(subcommand, arg_required_else_help = true)]
    Admin(admin::Verb),
    /// What happened to accounts
    #[command(subcommand, arg_required_else_help = true)]
    Audit(audit::Verb),
    /// The database
    #[command(subcommand, arg_required_else_help = true)]
    Db(db::Verb),
    /// Lists of passwords that nobody may choose
    #[command(subcommand, arg_required_else_help = true)]
    Blocklist(blocklist::Verb),
    /// Sign this terminal in by the device flow
    Login(login::Login),
    /// Tokens
    #[command(subcommand, arg_required_else_help = true)]
    Token(token::Verb),
    /// The configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(config::Verb),
    /// Print the version
    Version,
    /// Print a completion script
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The program: what the command line says, on threads of its own. Here and not in the binary, which would be compiled
/// with a copy of everything that is awaited.
#[tokio::main]
pub async fn main() -> ExitCode {
    Cli::parse().run().await
}

impl Cli {
    /// Runs the command; the exit code is 0, 1 for a failure, 2 for wrong usage, 3 for a wrong configuration.
    pub async fn run(self) -> ExitCode {
        let output = Output {
            json: self.global.json,
        };
        match self.dispatch(output).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => error.report(output.json),
        }
    }

    async fn dispatch(&self, output: Output) -> error::Result {
        let global = &self.global;
        match &self.command {
            Command::Dev(dev) => dev::run(dev, global, output).await,
            Command::Serve(serve) => serve::run(serve, global).await,
            Command::Healthcheck => healthcheck::run(&global.config()?, output).await,
            Command::Doctor => doctor::run(global, output).await,
            Command::Client(verb) => client::run(verb, global, output).await,
            Command::User(verb) => user::run(verb, global, output).await,
            Command::ApiKey(verb) => api_key::run(verb, global, output).await,
            Command::Key(verb) => key::run(verb, global, output).await,
            Command::Admin(verb) => admin::run(verb, global, output).await,
            Command::Audit(verb) => audit::run(verb, global, output).await,
            Command::Blocklist(verb) => blocklist::run(verb, output),
            Command::Db(verb) => db::run(verb, global, output).await,
            Command::Login(login) => {
                login::run(login, &issuer(login, global)?, &*global.clock(), output).await
            }
            Command::Token(verb) => token::run(verb, global, output).await,
            Command::Config(verb) => config::run(verb, global, output),
            Command::Version => {
                version::version(output);
                Ok(())
            }
            Command::Completions { shell } => {
                version::completions(*shell, &mut Self::command());
                Ok(())
            }
        }
    }
}

fn issuer(login: &login::Login, global: &Global) -> error::Result<Issuer> {
    match &login.issuer {
        Some(text) => Issuer::parse(text)
            .map_err(|why| CliError::usage(format!("--issuer {text:?}: {why}"), "keywright login --help")),
        None => Ok(global.config()?.public_url),
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_help_fits_a_screen_and_names_every_command() {
        Cli::command().debug_assert();
        let help = Cli::command().render_help().to_string();
        assert!(
            help.lines().count() <= 30,
            "{} lines\n{help}",
            help.lines().count()
        );
        assert!(help.contains("Start here: keywright dev"));
        for command in Cli::command().get_subcommands() {
            assert!(
                help.contains(command.get_name()),
                "{}\n{help}",
                command.get_name()
            );
        }
    }
}
