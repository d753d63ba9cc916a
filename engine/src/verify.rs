//! Checking a proof file with sp1-sdk's own local verification: circuit version, exit code, digest of the public
//! values, then the proof itself. What passes here passes at the requester.

use bincode::Options;
use sha2::{Digest, Sha256};
use sp1_prover::SP1_CIRCUIT_VERSION;
use sp1_sdk::{LightProver, Prover, SP1VerificationError, SP1VerifyingKey};
use sp1_verifier::{ProofFromNetwork, SP1Proof};

use crate::wire::{Answer, Mode};

/// Length of a v6 verifying key.
const VK_BYTES: usize = 104;

/// Verifies a proof file and answers with the frame; a proof that does not hold is an answer, not a failure.
pub fn verify(verifier: Option<&LightProver>, vk: &[u8], file: &[u8]) -> Vec<u8> {
    let Some(verifier) = verifier else { return answer(false, 0, &[0; 32], "The verifier is not loaded.") };
    let Ok(proof) = decode::<ProofFromNetwork>(file) else {
        return answer(false, 0, &[0; 32], "The file is not a proof of this SP1 version.");
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
    match verifier.verify(&proof.into(), &vk, None) {
        Ok(()) => answer(true, mode, &digest, ""),
        Err(error) => answer(false, mode, &digest, &reason(&error)),
    }
}

/// SP1's verifier panicked: such a proof does not hold either.
pub fn panicked() -> Vec<u8> {
    answer(false, 0, &[0; 32], "The proof is malformed: SP1's verifier gave up on it.")
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

fn reason(error: &SP1VerificationError) -> String {
    match error {
        SP1VerificationError::VersionMismatch(version) => {
            // The text comes from a file that may be anything: short and printable, or not at all.
            let version: String = version.chars().filter(|c| c.is_ascii_graphic()).take(16).collect();
            format!("The proof is of circuit version {version}, this engine has {SP1_CIRCUIT_VERSION}.")
        }
        SP1VerificationError::InvalidPublicValues => {
            "The public values are not those that the proof commits to.".to_owned()
        }
        SP1VerificationError::UnexpectedExitCode(code) => {
            format!("The proof is of a guest that ended with exit code {code}.")
        }
        other => format!("The proof does not hold: {other}."),
    }
}
