//! A request that its owner takes back: what the service says afterwards, and how the SDK's wait ends.

use anyhow::Result;
use serde_json::{json, Value};

use crate::{
    args::{Connection, Work},
    connect,
    outcome::{describe, Outcome},
    request::{build, epoch_millis, merge, report, set_up, wait},
};

/// Cancels as soon as the request is accepted, and once more: whoever lost the first answer asks again.
pub async fn run(connection: &Connection, work: &Work) -> Result<(Outcome, Value)> {
    let prover = connect::prover(connection).await?;
    let pk = set_up(&prover, &work.program).await?;
    let request_id = match build(&prover, &pk, work).request().await {
        Ok(request_id) => request_id,
        Err(error) => return Ok(report(&prover, &pk, work, None, Err(error)).await),
    };
    if let Err(error) = prover.cancel_request(request_id).await {
        let refused = json!({ "requestId": request_id.to_string(), "error": describe(&error) });
        return Ok((Outcome::of(&error), refused));
    }
    let again = prover.cancel_request(request_id).await;
    let (outcome, known) = report(&prover, &pk, work, Some(request_id), wait(&prover, request_id).await).await;
    let cancelled = json!({
        "finishedAtMs": epoch_millis(),
        "secondCancel": again.err().map(|error| describe(&error)),
    });
    Ok((outcome, merge(known, cancelled)))
}
