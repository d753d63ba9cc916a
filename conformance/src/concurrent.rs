//! Several proofs at once from one prover object and one key: their nonces must not collide.

use std::sync::Arc;

use anyhow::Result;
use serde_json::{json, Value};
use tokio::task::JoinSet;

use crate::{
    args::{Connection, Work},
    connect,
    outcome::Outcome,
    request::{build, report, set_up, wait},
};

/// The outcome that is not fulfilled, if there is one.
pub async fn run(connection: &Connection, work: Work, count: usize) -> Result<(Outcome, Value)> {
    let prover = connect::prover(connection).await?;
    let pk = set_up(&prover, &work.program).await?;
    let shared = Arc::new((prover, pk, work));
    let mut running = JoinSet::new();
    for _ in 0..count {
        let shared = Arc::clone(&shared);
        running.spawn(async move {
            let (prover, pk, work) = &*shared;
            match build(prover, pk, work).request().await {
                Ok(request_id) => report(prover, pk, work, Some(request_id), wait(prover, request_id).await).await,
                Err(error) => report(prover, pk, work, None, Err(error)).await,
            }
        });
    }
    let mut outcome = Outcome::Fulfilled;
    let mut requests = Vec::new();
    while let Some(joined) = running.join_next().await {
        let (each, known) = joined?;
        if each != Outcome::Fulfilled {
            outcome = each;
        }
        requests.push(known);
    }
    Ok((outcome, json!({ "requests": requests })))
}
