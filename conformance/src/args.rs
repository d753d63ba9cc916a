//! The command line: a verb, flags in any order, one input buffer a flag.

use std::{path::PathBuf, time::Duration};

use sp1_sdk::{network::FulfillmentStrategy, SP1ProofMode, SP1Stdin};

use crate::outcome::Outcome;

pub const USAGE: &str = "\
sealed-prover-conformance prove      CONNECTION PROGRAM REQUEST [--in-one-call] [--out FILE] [--expect OUTCOME]
sealed-prover-conformance cancel     CONNECTION PROGRAM REQUEST [--expect OUTCOME]
sealed-prover-conformance concurrent CONNECTION PROGRAM REQUEST [--count N] [--expect OUTCOME]
sealed-prover-conformance account    CONNECTION
sealed-prover-conformance local      PROGRAM [--proof-mode core|compressed]
sealed-prover-conformance second-factor --url URL [--key HEX] PROGRAM [--cycle-limit N] --proof FILE [--expect OUTCOME]

CONNECTION  --url URL [--network reserved|hosted|mainnet|private|environment] [--key HEX]
            [--token TEXT] [--client-cert PEM-FILE --client-key PEM-FILE]
PROGRAM     --program ELF [--input-hex HEX | --input-u32 N | --input-file PATH]…
REQUEST     [--strategy hosted|reserved|auction] [--proof-mode core|compressed|plonk|groth16] [--timeout SECONDS]
            [--cycle-limit N] [--gas-limit N] [--skip-simulation] [--private-stdin] [--no-verify]
OUTCOME     fulfilled (the default), unexecutable, unfulfillable, timed-out, auction-timed-out, reverted, expired,
            simulation-failed, unverified, refused, failed";

/// A key that everybody knows: it signs requests to services under test and owns nothing.
const TEST_KEY: &str = "0x0101010101010101010101010101010101010101010101010101010101010101";

/// How a user tells the SDK whom it speaks to; `connect.rs` has the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Reserved,
    Hosted,
    Mainnet,
    Private,
    /// `ProverClient::from_env()`; URL and key come from the SDK's own variables.
    Environment,
}

pub struct Connection {
    pub url: Option<String>,
    pub network: Network,
    pub key: String,
    pub token: Option<String>,
    /// Certificate and key, both PEM.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

pub struct Work {
    pub program: PathBuf,
    pub stdin: SP1Stdin,
    pub mode: SP1ProofMode,
    pub strategy: Option<FulfillmentStrategy>,
    pub timeout: Option<Duration>,
    pub cycle_limit: Option<u64>,
    pub gas_limit: Option<u64>,
    pub skip_simulation: bool,
    pub private_stdin: bool,
    pub verify: bool,
}

pub enum Verb {
    Prove { in_one_call: bool, out: Option<PathBuf> },
    Cancel,
    Concurrent { count: usize },
    Account,
    Local,
    SecondFactor { proof: PathBuf },
}

pub struct Command {
    pub verb: Verb,
    pub connection: Connection,
    pub work: Work,
    /// What must happen for exit code 0.
    pub expect: Outcome,
}

/// Reads the arguments after the program name; the error is one sentence.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.into_iter();
    let verb = arguments.next().ok_or("a command is missing")?;
    let (mut url, mut program, mut out, mut proof, mut strategy, mut token) = (None, None, None, None, None, None);
    let (mut certificate, mut certificate_key, mut timeout) = (None, None, None);
    let (mut cycle_limit, mut gas_limit, mut count, mut key) = (None, None, 2, TEST_KEY.to_owned());
    let (mut skip_simulation, mut private_stdin, mut verify, mut in_one_call) = (false, false, true, false);
    let (mut network, mut mode, mut expect) = (Network::Reserved, SP1ProofMode::Core, Outcome::Fulfilled);
    let mut stdin = SP1Stdin::new();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--skip-simulation" => skip_simulation = true,
            "--private-stdin" => private_stdin = true,
            "--no-verify" => verify = false,
            "--in-one-call" => in_one_call = true,
            _ => {
                let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
                let unknown = || format!("{flag} {value} is not known");
                let read = || std::fs::read(&value).map_err(|error| format!("{value}: {error}"));
                match flag.as_str() {
                    "--url" => url = Some(value),
                    "--program" => program = Some(PathBuf::from(value)),
                    "--out" => out = Some(PathBuf::from(value)),
                    "--key" => key = value,
                    "--proof" => proof = Some(PathBuf::from(value)),
                    "--token" => token = Some(value),
                    "--client-cert" => certificate = Some(read()?),
                    "--client-key" => certificate_key = Some(read()?),
                    "--timeout" => timeout = Some(Duration::from_secs(value.parse().map_err(|_| unknown())?)),
                    "--cycle-limit" => cycle_limit = Some(value.parse().map_err(|_| unknown())?),
                    "--gas-limit" => gas_limit = Some(value.parse().map_err(|_| unknown())?),
                    "--count" => count = value.parse().map_err(|_| unknown())?,
                    "--input-hex" => stdin.write_vec(hex::decode(&value).map_err(|_| unknown())?),
                    "--input-u32" => stdin.write(&value.parse::<u32>().map_err(|_| unknown())?),
                    "--input-file" => stdin.write_vec(read()?),
                    "--network" => network = network_named(&value).ok_or_else(unknown)?,
                    "--strategy" => strategy = Some(strategy_named(&value).ok_or_else(unknown)?),
                    "--proof-mode" => mode = mode_named(&value).ok_or_else(unknown)?,
                    "--expect" => expect = Outcome::named(&value).ok_or_else(unknown)?,
                    _ => return Err(format!("{flag} is not known")),
                }
            }
        }
    }
    let verb = match verb.as_str() {
        "prove" => Verb::Prove { in_one_call, out },
        "cancel" => Verb::Cancel,
        "concurrent" => Verb::Concurrent { count },
        "account" => Verb::Account,
        "local" => Verb::Local,
        "second-factor" => Verb::SecondFactor { proof: proof.ok_or("--proof is missing")? },
        other => return Err(format!("{other} is not a command")),
    };
    let identity = match (certificate, certificate_key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return Err("--client-cert and --client-key belong together".to_owned()),
    };
    let program = match (program, &verb) {
        (Some(program), _) => program,
        (None, Verb::Account) => PathBuf::new(),
        (None, _) => return Err("--program is missing".to_owned()),
    };
    Ok(Command {
        verb,
        connection: Connection { url, network, key, token, identity },
        work: Work {
            program,
            stdin,
            mode,
            strategy,
            timeout,
            cycle_limit,
            gas_limit,
            skip_simulation,
            private_stdin,
            verify,
        },
        expect,
    })
}

fn network_named(name: &str) -> Option<Network> {
    Some(match name {
        "reserved" => Network::Reserved,
        "hosted" => Network::Hosted,
        "mainnet" => Network::Mainnet,
        "private" => Network::Private,
        "environment" => Network::Environment,
        _ => return None,
    })
}

fn strategy_named(name: &str) -> Option<FulfillmentStrategy> {
    Some(match name {
        "hosted" => FulfillmentStrategy::Hosted,
        "reserved" => FulfillmentStrategy::Reserved,
        "auction" => FulfillmentStrategy::Auction,
        _ => return None,
    })
}

fn mode_named(name: &str) -> Option<SP1ProofMode> {
    Some(match name {
        "core" => SP1ProofMode::Core,
        "compressed" => SP1ProofMode::Compressed,
        "plonk" => SP1ProofMode::Plonk,
        "groth16" => SP1ProofMode::Groth16,
        _ => return None,
    })
}
