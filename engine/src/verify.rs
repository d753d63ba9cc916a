//! Checking a proof file as sp1-sdk checks it locally (sp1-sdk 6.10.0 prover.rs, `verify_proof`): circuit version,
//! exit code, digest of the public values, then the proof itself.

use std::borrow::Borrow;

use bincode::Options;
use num_bigint::BigUint;
use sha2::{Digest, Sha256};
use slop_algebra::PrimeField32;
use sp1_core_executor::StatusCode;
use sp1_hypercube::{air::PublicValues, SP1VerifyingKey, PROOF_MAX_NUM_PVS};
use sp1_primitives::io::SP1PublicValues;
use sp1_prover::{verify::verify_public_values, worker::SP1NodeCore, SP1_CIRCUIT_VERSION};
use sp1_recursion_executor::RecursionPublicValues;
use sp1_verifier::{ProofFromNetwork, SP1Proof};

use crate::wire::{Answer, Mode};

/// Length of a v6 verifying key.
const VK_BYTES: usize = 104;

/// Verifies a proof file and answers with the frame; a proof that does not hold is an answer, not a failure.
pub fn verify(core: &SP1NodeCore, vk: &[u8], file: &[u8]) -> Vec<u8> {
    let proof: ProofFromNetwork = match decode(file) {
        Ok(proof) => proof,
        Err(()) => return answer(false, 0, &[0; 32], "The file is not a proof of this SP1 version."),
    };
    let mode = match &proof.proof {
        SP1Proof::Core(_) => Mode::Core,
        SP1Proof::Compressed(_) => Mode::Compressed,
        SP1Proof::Plonk(_) => Mode::Plonk,
        SP1Proof::Groth16(_) => Mode::Groth16,
    } as u32;
    let digest: [u8; 32] = Sha256::digest(proof.public_values.as_slice()).into();
    let vk: SP1VerifyingKey = match (vk.len() == VK_BYTES).then(|| decode(vk)) {
        Some(Ok(vk)) => vk,
        _ => return answer(false, mode, &digest, "The verifying key is not one of this SP1 version."),
    };
    match check(core, &vk, &proof) {
        Ok(()) => answer(true, mode, &digest, ""),
        Err(reason) => answer(false, mode, &digest, &reason),
    }
}

fn answer(ok: bool, mode: u32, digest: &[u8; 32], reason: &str) -> Vec<u8> {
    Answer::new(101).u8(ok.into()).u32(mode).raw(digest).text(reason).done()
}

/// Trailing bytes are fine: the SDK's own file format has one field more.
fn decode<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, ()> {
    bincode::DefaultOptions::new()
        .with_fixint_encoding()
        .allow_trailing_bytes()
        .with_limit(bytes.len() as u64)
        .deserialize(bytes)
        .map_err(drop)
}

fn check(core: &SP1NodeCore, vk: &SP1VerifyingKey, file: &ProofFromNetwork) -> Result<(), String> {
    if file.sp1_version != SP1_CIRCUIT_VERSION {
        // The text comes from a file that may be anything: short and printable, or not at all.
        let version: String = file.sp1_version.chars().filter(|c| c.is_ascii_graphic()).take(16).collect();
        return Err(format!("The proof is of circuit version {version}, this engine has {SP1_CIRCUIT_VERSION}."));
    }
    match &file.proof {
        SP1Proof::Core(shards) => {
            let last = shards.last().ok_or("The core proof has no shards.")?;
            let values = exactly(&last.public_values)?;
            let values: &PublicValues<[_; 4], [_; 3], [_; 4], _> = values.borrow();
            exit_code(values.exit_code.as_canonical_u32())?;
            let digest = values.committed_value_digest.iter().flatten();
            committed(digest.map(|byte| byte.as_canonical_u32() as u8).collect(), &file.public_values)?;
        }
        SP1Proof::Compressed(proof) => {
            let values = exactly(&proof.proof.public_values)?;
            let values: &RecursionPublicValues<_> = values.borrow();
            exit_code(values.exit_code.as_canonical_u32())?;
            let digest = values.committed_value_digest.iter().flatten();
            committed(digest.map(|byte| byte.as_canonical_u32() as u8).collect(), &file.public_values)?;
        }
        SP1Proof::Plonk(proof) => wrapped(&proof.public_inputs, &file.public_values)?,
        SP1Proof::Groth16(proof) => wrapped(&proof.public_inputs, &file.public_values)?,
    }
    core.verify(vk, &file.proof).map_err(|error| format!("The proof does not hold: {error}."))
}

fn exactly<F>(values: &[F]) -> Result<&[F], String> {
    if values.len() == PROOF_MAX_NUM_PVS {
        Ok(values)
    } else {
        Err("The proof has a wrong number of public values.".to_owned())
    }
}

fn exit_code(code: u32) -> Result<(), String> {
    if StatusCode::SUCCESS.is_accepted_code(code) {
        Ok(())
    } else {
        Err(format!("The proof is of a guest that ended with exit code {code}."))
    }
}

/// A guest commits either to the SHA-256 or to the Blake3 of its public values; the proof does not say which.
fn committed(digest: Vec<u8>, values: &SP1PublicValues) -> Result<(), String> {
    if digest == values.hash() || digest == values.blake3_hash() {
        Ok(())
    } else {
        Err("The public values are not those that the proof commits to.".to_owned())
    }
}

fn wrapped(inputs: &[String; 5], values: &SP1PublicValues) -> Result<(), String> {
    let number = |index: usize| {
        inputs[index].parse::<BigUint>().map_err(|_| "A public input of the proof is not a number.".to_owned())
    };
    exit_code(u32::try_from(&number(2)?).map_err(|_| "The proof's exit code is out of range.")?)?;
    verify_public_values(values, number(1)?)
        .map_err(|_| "The public values are not those that the proof commits to.".to_owned())
}

/// SP1's verifier panicked: such a proof does not hold either.
pub fn panicked() -> Vec<u8> {
    answer(false, 0, &[0; 32], "The proof is malformed: SP1's verifier gave up on it.")
}
