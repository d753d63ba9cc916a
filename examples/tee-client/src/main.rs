//! Asks for a TEE proof by the two HTTP calls of sp1-tee-prover, and prints what comes. It verifies nothing: that takes the key of the
//! program, and a signer that you trust.

mod args;
mod problem;
mod service;

use std::process::ExitCode;

use args::Args;
use problem::Problem;
use service::{Service, Stdin, TeeProof};

fn main() -> ExitCode {
    match args::parse(std::env::args().skip(1)).and_then(|args| run(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            problem.exit_code()
        }
    }
}

fn run(args: &Args) -> Result<(), Problem> {
    let elf = read(&args.elf)?;
    let buffer = args.input.iter().map(|part| part.bytes()).collect::<Result<Vec<_>, _>>()?;
    let service = Service::new(&args.url, std::env::var("SEALED_TOKEN").ok());

    let id = service.request_proof(elf, Stdin::new(buffer))?;
    println!("id             {id}");
    let answer = service.wait_proof(&id)?;
    let TeeProof { signature, vk, public_values } = answer.parse()?;
    if let Some(path) = &args.out {
        std::fs::write(path, answer.body()).map_err(|error| Problem::usage(format!("cannot write {path}: {error}")))?;
    }
    println!("signature      0x{}", hex(&signature));
    println!("vk             0x{}", hex(&vk));
    println!("public values  0x{}", hex(&public_values));
    println!("signer         {}", answer.signer().unwrap_or("not named"));
    if answer.is_for_development() {
        println!("warning        a key for development has signed: it proves nothing to others");
    }
    println!("not verified   `sealed-prover tee verify` does that, with the program and a signer that you trust");
    Ok(())
}

pub(crate) fn read(path: &str) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| Problem::usage(format!("cannot read {path}: {error}")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
