//! Proofs inside an input. They must hold, or the guest's `verify_sp1_proof` would promise what is not so; and their
//! digest is what the guest must promise.

use slop_algebra::PrimeField32;
use sp1_hypercube::{MachineVerifyingKey, SP1PcsProofInner, SP1RecursionProof, SP1VerifyingKey};
use sp1_primitives::SP1GlobalContext;
use sp1_prover::worker::{hash_deferred_proofs, DeferredInputs, SP1NodeCore};
use sp1_verifier::SP1Proof;

use crate::{
    failure::{Code, Failure},
    promises::InnerProofs,
};

type Deferred = (SP1RecursionProof<SP1GlobalContext, SP1PcsProofInner>, MachineVerifyingKey<SP1GlobalContext>);

/// Verifies each proof against the key beside it; takes tens of milliseconds a proof.
pub fn verify(core: &SP1NodeCore, proofs: Vec<Deferred>) -> Result<InnerProofs, Failure> {
    let count = proofs.len();
    let mut digest = DeferredInputs::initial_deferred_digest();
    for (index, (proof, vk)) in proofs.into_iter().enumerate() {
        let proof = SP1Proof::Compressed(Box::new(proof));
        core.verify(&SP1VerifyingKey { vk }, &proof).map_err(|_| {
            Failure::new(Code::MalformedStdin, format!("Proof {index} inside the input does not hold."))
        })?;
        // Only now: the hash takes for granted that a proof has its form.
        if let SP1Proof::Compressed(proof) = &proof {
            digest = hash_deferred_proofs(digest, std::slice::from_ref(proof));
        }
    }
    Ok(InnerProofs { count, digest: digest.map(|word| word.as_canonical_u32()) })
}
