//! One proof through the network client: register, request, wait, verify locally.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Result;
use serde_json::{json, Value};
use sp1_sdk::{NetworkProver, SP1ProofWithPublicValues, SP1ProvingKey};

use crate::{
    args::{Connection, Work},
    connect,
    outcome::Outcome,
    request::{build, epoch_millis, merge, millis, report, set_up, wait},
};

/// In one call, as most users write it, or in two, as services that keep the request's id do.
pub async fn run(
    connection: &Connection,
    work: &Work,
    in_one_call: bool,
    out: Option<PathBuf>,
) -> Result<(Outcome, Value)> {
    let started = Instant::now();
    let prover = connect::prover(connection).await?;
    let pk = set_up(&prover, &work.program).await?;
    let set_up_ms = millis(started);
    let requested_at_ms = epoch_millis();
    let (outcome, known) = if in_one_call {
        let requested = Instant::now();
        let answer = save(build(&prover, &pk, work).await, out.as_deref());
        let timed = json!({ "elapsedMs": millis(requested), "finishedAtMs": epoch_millis() });
        let (outcome, known) = report(&prover, &pk, work, None, answer).await;
        (outcome, merge(known, timed))
    } else {
        in_two_calls(&prover, &pk, work, out.as_deref()).await?
    };
    Ok((outcome, merge(known, json!({ "setUpMs": set_up_ms, "requestedAtMs": requested_at_ms }))))
}

async fn in_two_calls(
    prover: &NetworkProver,
    pk: &SP1ProvingKey,
    work: &Work,
    out: Option<&Path>,
) -> Result<(Outcome, Value)> {
    let requested = Instant::now();
    let request_id = match build(prover, pk, work).request().await {
        Ok(request_id) => request_id,
        Err(error) => return Ok(report(prover, pk, work, None, Err(error)).await),
    };
    let acknowledged_ms = millis(requested);
    let answer = wait(prover, request_id).await;
    let elapsed_ms = millis(requested);
    let finished_at_ms = epoch_millis();
    let (outcome, known) = report(prover, pk, work, Some(request_id), save(answer, out)).await;
    let timed = json!({
        "acknowledgedMs": acknowledged_ms,
        "elapsedMs": elapsed_ms,
        "finishedAtMs": finished_at_ms,
    });
    Ok((outcome, merge(known, timed)))
}

/// Writes the proof as the SDK writes it, when there is one and somebody wants it.
fn save(answer: Result<SP1ProofWithPublicValues>, out: Option<&Path>) -> Result<SP1ProofWithPublicValues> {
    let proof = answer?;
    if let Some(out) = out {
        proof.save(out)?;
    }
    Ok(proof)
}
