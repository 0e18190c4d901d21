//! Command line in, exit code out.

use std::alloc::System;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use practice_site::app::{self, Findings};
use practice_site::config::{Cli, Command, Environment, Settings};
use practice_site::web;
use rustix::fs::Mode;
use rustix::process::umask;
use tokio::runtime::Runtime;
use zeroizing_alloc::ZeroAlloc;

/// What was typed or opened goes through buffers of many crates. Each is wiped as it is given back (SEAL-12).
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return exit(&[format!("nothing can be started: {error}")]),
    };
    let code = runtime.block_on(run());
    // What works in the background, such as compressing pages, holds nothing that must be kept.
    runtime.shutdown_background();
    code
}

async fn run() -> ExitCode {
    let cli = Cli::parse();
    let typed = cli.typed.clone();
    let settings = Settings::check(cli.typed, &Environment::read());
    // Texts are for everybody; whatever else is written is for nobody else on this machine.
    if !matches!(cli.command, Some(Command::Init { .. })) {
        umask(Mode::RWXG | Mode::RWXO);
    }
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(settings).await,
        Command::Init { dir } => tell(app::init::init(&dir)),
        Command::Check { deploy: false } => report(app::check(&typed, settings)),
        Command::Check { deploy: true } => report(app::deploy::check(&typed, settings).await),
        Command::MailTest => match settings {
            Ok(settings) => tell(app::mail_test::send(settings).await),
            Err(faults) => exit(&faults),
        },
        // Nothing but the address: a fault in another setting must not restart a site that lives.
        Command::Healthcheck => healthcheck(Settings::listen(&typed)).await,
        Command::Staff(command) => match settings {
            Ok(settings) => tell(app::operator::staff(settings, command, typed_lines()).await),
            Err(faults) => exit(&faults),
        },
        Command::Backup { file, .. } => match (settings, file) {
            (Ok(settings), Some(file)) => tell(app::backup::make(settings, &file).await),
            (Ok(settings), None) => tell(app::backup::latest(settings).await),
            (Err(faults), _) => exit(&faults),
        },
        Command::Restore { file } => match settings {
            Ok(settings) => {
                app::log::start("practice_site=warn");
                tell(app::restore::restore(settings, &file).await)
            }
            Err(faults) => exit(&faults),
        },
        Command::Audit(command) => match settings {
            Ok(settings) => tell(app::operator::ledger(settings, command).await),
            Err(faults) => exit(&faults),
        },
    }
}

async fn serve(settings: Result<Settings, Vec<String>>) -> ExitCode {
    let outcome = match settings {
        Ok(settings) => {
            app::log::start(&settings.log);
            app::serve(settings).await
        }
        Err(faults) => Err(faults),
    };
    exit(&outcome.err().unwrap_or_default())
}

fn report(findings: Findings) -> ExitCode {
    for warning in &findings.warnings {
        println!("warning: {warning}");
    }
    if findings.faults.is_empty() {
        println!("no faults");
    }
    exit(&findings.faults)
}

async fn healthcheck(listen: Result<SocketAddr, String>) -> ExitCode {
    let outcome = match listen {
        Ok(listen) => web::health::ask(listen).await.map_err(|error| format!("{error:#}")),
        Err(fault) => Err(fault),
    };
    exit(outcome.err().as_slice())
}

/// The lines of standard input; it ends where they can't be read.
fn typed_lines() -> impl Iterator<Item = String> {
    std::io::stdin().lines().map_while(Result::ok)
}

fn tell(outcome: anyhow::Result<String>) -> ExitCode {
    match outcome {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => exit(&[format!("{error:#}")]),
    }
}

/// One line for each fault; the exit code says whether there are any.
fn exit(faults: &[String]) -> ExitCode {
    for fault in faults {
        eprintln!("{fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
