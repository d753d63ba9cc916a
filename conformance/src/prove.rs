//! One proof through the network client: register, request, wait, verify locally.

use std::time::Instant;

use anyhow::{bail, Context, Result};
use serde_json::{json, Value};
use sp1_sdk::{
    network::{Error, NetworkMode},
    Elf, ProveRequest, Prover, ProverClient, ProvingKey,
};

use crate::args::{Expect, Network, ProofMode, Prove};

/// Does what the options say and reports it; an error is anything but what was expected.
pub async fn run(options: Prove) -> Result<Value> {
    let started = Instant::now();
    let elf = std::fs::read(&options.program).with_context(|| format!("{}", options.program.display()))?;
    let builder = match options.network {
        Network::Reserved => ProverClient::builder().network_for(NetworkMode::Reserved),
        Network::Hosted => ProverClient::builder().network().hosted(),
    };
    let prover = builder.rpc_url(&options.url).private_key(&options.key).build().await;
    let pk = prover.setup(Elf::from(elf)).await?;
    let set_up_ms = millis(started);

    let requested = Instant::now();
    let mut request = prover.prove(&pk, options.stdin).timeout(options.timeout);
    request = match options.mode {
        ProofMode::Core => request.core(),
        ProofMode::Compressed => request.compressed(),
        ProofMode::Plonk => request.plonk(),
        ProofMode::Groth16 => request.groth16(),
    };
    if let Some(strategy) = options.strategy {
        request = request.strategy(strategy);
    }
    if options.skip_simulation || options.expect == Expect::Unexecutable {
        // The local simulation would find the failing guest before the service hears of it.
        request = request.skip_simulation(true);
    }
    let request_id = request.request().await.context("the request was not accepted")?;
    let acknowledged_ms = millis(requested);
    let answer = prover.wait_proof(request_id, Some(options.timeout), None).await;
    let elapsed_ms = millis(requested);

    let proof = match (answer, options.expect) {
        (Ok(proof), Expect::Fulfilled) => proof,
        (Ok(_), Expect::Unexecutable) => bail!("a proof came back for a guest that should fail"),
        (Err(error), Expect::Unexecutable) => {
            return match error.downcast_ref::<Error>() {
                Some(Error::RequestUnexecutable { .. }) => Ok(json!({
                    "requestId": request_id.to_string(),
                    "unexecutable": true,
                    "elapsedMs": elapsed_ms,
                })),
                _ => Err(error.context("the SDK reports something else than an unexecutable request")),
            }
        }
        (Err(error), Expect::Fulfilled) => return Err(error),
    };
    prover.verify(&proof, pk.verifying_key(), None).context("the proof does not verify")?;
    let details = prover.get_proof_request(request_id).await.ok().flatten();
    let size = if let Some(out) = &options.out {
        proof.save(out)?;
        Some(std::fs::metadata(out)?.len())
    } else {
        None
    };
    Ok(json!({
        "requestId": request_id.to_string(),
        "verified": true,
        "publicValues": hex::encode(proof.public_values.as_slice()),
        "proofBytes": size,
        "cycles": details.and_then(|details| details.cycles),
        "setUpMs": set_up_ms,
        "acknowledgedMs": acknowledged_ms,
        "elapsedMs": elapsed_ms,
    }))
}

fn millis(since: Instant) -> u64 {
    since.elapsed().as_millis() as u64
}
