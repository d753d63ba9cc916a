//! The stock sp1-sdk as a user drives it: against a service by URL, and with the SDK's own CPU prover, which is what a service
//! has to be measured against. One JSON line on standard output; exit code 0 only when what was expected has happened.

mod account;
mod args;
mod cancel;
mod concurrent;
mod connect;
mod local;
mod outcome;
mod prove;
mod request;
mod second_factor;

use std::process::ExitCode;

use args::{Command, Verb};
use outcome::{describe, Outcome};
use request::merge;
use serde_json::json;

#[tokio::main]
async fn main() -> ExitCode {
    let Command { verb, connection, work, expect } = match args::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(message) => {
            eprintln!("{message}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    let ended = match verb {
        Verb::Prove { in_one_call, out } => prove::run(&connection, &work, in_one_call, out).await,
        Verb::Cancel => cancel::run(&connection, &work).await,
        Verb::Concurrent { count } => concurrent::run(&connection, work, count).await,
        Verb::Account => account::run(&connection).await,
        Verb::Local => local::run(&work).await,
        Verb::SecondFactor { proof } => second_factor::run(&connection, &work, &proof).await,
    };
    let (outcome, report) =
        ended.unwrap_or_else(|error| (Outcome::of(&error), json!({ "verified": false, "error": describe(&error) })));
    println!("{}", merge(json!({ "outcome": outcome.name() }), report));
    if outcome == expect {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
