//! One request as every command makes it, and what is said about its end.

use std::{
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use serde_json::{json, Value};
use sp1_sdk::{
    network::{prove::NetworkProveBuilder, B256},
    Elf, NetworkProver, ProveRequest, Prover, ProvingKey, SP1ProofWithPublicValues, SP1ProvingKey,
};

use crate::{
    args::Work,
    outcome::{describe, Outcome},
};

pub async fn set_up(prover: &NetworkProver, program: &Path) -> Result<SP1ProvingKey> {
    let elf = std::fs::read(program).with_context(|| format!("{}", program.display()))?;
    prover.setup(Elf::from(elf)).await
}

pub fn build<'a>(prover: &'a NetworkProver, pk: &'a SP1ProvingKey, work: &Work) -> NetworkProveBuilder<'a> {
    let mut request = prover.prove(pk, work.stdin.clone()).mode(work.mode).private_stdin(work.private_stdin);
    if let Some(strategy) = work.strategy {
        request = request.strategy(strategy);
    }
    if let Some(timeout) = work.timeout {
        request = request.timeout(timeout);
    }
    if let Some(limit) = work.cycle_limit {
        request = request.cycle_limit(limit);
    }
    if let Some(limit) = work.gas_limit {
        request = request.gas_limit(limit);
    }
    if work.skip_simulation {
        // Only ever switched on: a hosted prover has it on by itself.
        request = request.skip_simulation(true);
    }
    request
}

/// Waits without a limit of the client's own: whatever ends the wait was said by the service. In mainnet mode a request that is once seen
/// unassigned is cancelled (`auction-timed-out`), where the SDK's default would give it half a minute.
pub async fn wait(prover: &NetworkProver, request_id: B256) -> Result<SP1ProofWithPublicValues> {
    prover.wait_proof(request_id, None, Some(Duration::ZERO)).await
}

/// The outcome, and all that is known about it: the proof's public values or the error, and the service's details.
pub async fn report(
    prover: &NetworkProver,
    pk: &SP1ProvingKey,
    work: &Work,
    request_id: Option<B256>,
    answer: Result<SP1ProofWithPublicValues>,
) -> (Outcome, Value) {
    let details = match request_id {
        Some(request_id) => prover.get_proof_request(request_id).await.ok().flatten(),
        None => None,
    };
    let known = json!({
        "requestId": request_id.map(|id| id.to_string()),
        "cycles": details.as_ref().and_then(|details| details.cycles),
        "fulfillmentStatus": details.as_ref().map(|details| details.fulfillment_status),
        "executionStatus": details.as_ref().map(|details| details.execution_status),
        "executeFailCause": details.as_ref().map(|details| details.execute_fail_cause),
        "errorTrace": details.as_ref().and_then(|details| details.error_trace.as_deref()).map(String::from_utf8_lossy),
        "deadline": details.as_ref().map(|details| details.deadline),
        "cycleLimit": details.as_ref().map(|details| details.cycle_limit.to_string()),
    });
    match answer {
        Ok(proof) => {
            let public_values = hex::encode(proof.public_values.as_slice());
            let verdict = if work.verify { prover.verify(&proof, pk.verifying_key(), None) } else { Ok(()) };
            let outcome = if verdict.is_ok() { Outcome::Fulfilled } else { Outcome::Unverified };
            let proven = json!({
                "verified": work.verify && verdict.is_ok(),
                "publicValues": public_values,
                "error": verdict.err().map(|error| error.to_string()),
            });
            (outcome, merge(known, proven))
        }
        Err(error) => (Outcome::of(&error), merge(known, json!({ "verified": false, "error": describe(&error) }))),
    }
}

/// The fields of both objects.
pub fn merge(mut left: Value, right: Value) -> Value {
    if let (Value::Object(left), Value::Object(right)) = (&mut left, right) {
        left.extend(right);
    }
    left
}

pub fn millis(since: Instant) -> u64 {
    since.elapsed().as_millis() as u64
}

/// Milliseconds since the epoch, to compare with the service's log.
pub fn epoch_millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}
