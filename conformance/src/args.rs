//! The command line.

use std::{path::PathBuf, time::Duration};

use sp1_sdk::{network::FulfillmentStrategy, SP1Stdin};

pub const USAGE: &str = "\
sealed-prover-conformance prove --url URL --program ELF [--input-hex HEX | --input-u32 N | --input-file PATH]
    [--network reserved|hosted] [--strategy reserved|hosted] [--proof-mode core|compressed|plonk|groth16]
    [--out FILE] [--timeout SECONDS] [--key HEX] [--skip-simulation] [--expect fulfilled|unexecutable]
sealed-prover-conformance local --program ELF [--input-…] [--proof-mode core|compressed]";

/// A key that everybody knows: it signs requests to services under test and owns nothing.
const TEST_KEY: &str = "0x0101010101010101010101010101010101010101010101010101010101010101";

/// How the SDK is told to speak. One more kind of service is one more line here and in `prove.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Reserved,
    Hosted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofMode {
    Core,
    Compressed,
    Plonk,
    Groth16,
}

/// What must happen for exit code 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    Fulfilled,
    Unexecutable,
}

pub struct Prove {
    pub url: String,
    pub program: PathBuf,
    pub stdin: SP1Stdin,
    pub network: Network,
    pub strategy: Option<FulfillmentStrategy>,
    pub mode: ProofMode,
    pub out: Option<PathBuf>,
    pub timeout: Duration,
    pub key: String,
    pub skip_simulation: bool,
    pub expect: Expect,
}

pub struct Local {
    pub program: PathBuf,
    pub stdin: SP1Stdin,
    pub mode: ProofMode,
}

pub enum Command {
    Prove(Prove),
    Local(Local),
}

/// Reads the arguments after the program name; the error is one sentence.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.into_iter();
    let verb = arguments.next().ok_or("a command is missing")?;
    let (mut url, mut program, mut out, mut strategy) = (None, None, None, None);
    let mut stdin = SP1Stdin::new();
    let (mut network, mut mode, mut expect) = (Network::Reserved, ProofMode::Core, Expect::Fulfilled);
    let (mut timeout, mut key, mut skip_simulation) = (Duration::from_secs(3600), TEST_KEY.to_owned(), false);
    while let Some(flag) = arguments.next() {
        if flag == "--skip-simulation" {
            skip_simulation = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        let unknown = || format!("{flag} {value} is not known");
        match flag.as_str() {
            "--url" => url = Some(value),
            "--program" => program = Some(PathBuf::from(value)),
            "--out" => out = Some(PathBuf::from(value)),
            "--key" => key = value,
            "--timeout" => timeout = Duration::from_secs(value.parse().map_err(|_| unknown())?),
            "--input-hex" => stdin.write_vec(hex::decode(&value).map_err(|_| unknown())?),
            "--input-u32" => stdin.write(&value.parse::<u32>().map_err(|_| unknown())?),
            "--input-file" => stdin.write_vec(std::fs::read(&value).map_err(|error| format!("{value}: {error}"))?),
            "--network" => {
                network = match value.as_str() {
                    "reserved" => Network::Reserved,
                    "hosted" => Network::Hosted,
                    _ => return Err(unknown()),
                }
            }
            "--strategy" => {
                strategy = Some(match value.as_str() {
                    "reserved" => FulfillmentStrategy::Reserved,
                    "hosted" => FulfillmentStrategy::Hosted,
                    _ => return Err(unknown()),
                })
            }
            "--proof-mode" => {
                mode = match value.as_str() {
                    "core" => ProofMode::Core,
                    "compressed" => ProofMode::Compressed,
                    "plonk" => ProofMode::Plonk,
                    "groth16" => ProofMode::Groth16,
                    _ => return Err(unknown()),
                }
            }
            "--expect" => {
                expect = match value.as_str() {
                    "fulfilled" => Expect::Fulfilled,
                    "unexecutable" => Expect::Unexecutable,
                    _ => return Err(unknown()),
                }
            }
            _ => return Err(format!("{flag} is not known")),
        }
    }
    let program = program.ok_or("--program is missing")?;
    match verb.as_str() {
        "prove" => Ok(Command::Prove(Prove {
            url: url.ok_or("--url is missing")?,
            program,
            stdin,
            network,
            strategy,
            mode,
            out,
            timeout,
            key,
            skip_simulation,
            expect,
        })),
        "local" => Ok(Command::Local(Local { program, stdin, mode })),
        other => Err(format!("{other} is not a command")),
    }
}
