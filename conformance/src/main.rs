//! The stock sp1-sdk as a user drives it: `prove` against a service by URL, and `local` with the SDK's own CPU
//! prover, which is what a service has to be measured against. One JSON line on standard output; exit code 0 only
//! when what was expected has happened.

mod args;
mod local;
mod prove;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let command = match args::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(message) => {
            eprintln!("{message}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    let outcome = match command {
        args::Command::Prove(options) => prove::run(options).await,
        args::Command::Local(options) => local::run(options).await,
    };
    match outcome {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{}", serde_json::json!({ "verified": false, "error": format!("{error:#}") }));
            ExitCode::FAILURE
        }
    }
}
