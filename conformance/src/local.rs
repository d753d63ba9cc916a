//! The SDK's own CPU prover in this process: the figures a service is compared with.

use std::time::Instant;

use anyhow::{bail, Context, Result};
use serde_json::{json, Value};
use sp1_sdk::{Elf, ProveRequest, Prover, ProverClient, ProvingKey, SP1ProofMode};

use crate::{args::Work, outcome::Outcome, request::millis};

/// Loads the prover, sets up the program, proves twice and verifies both proofs; milliseconds of each.
pub async fn run(work: &Work) -> Result<(Outcome, Value)> {
    if !matches!(work.mode, SP1ProofMode::Core | SP1ProofMode::Compressed) {
        bail!("the local baseline is core or compressed");
    }
    let elf = std::fs::read(&work.program).with_context(|| format!("{}", work.program.display()))?;
    let started = Instant::now();
    let prover = ProverClient::builder().cpu().build().await;
    let load_ms = millis(started);

    let started = Instant::now();
    let pk = prover.setup(Elf::from(elf)).await?;
    let set_up_ms = millis(started);

    let mut prove_ms = Vec::new();
    for _ in 0..2 {
        let started = Instant::now();
        let proof = prover.prove(&pk, work.stdin.clone()).mode(work.mode).await?;
        prove_ms.push(millis(started));
        prover.verify(&proof, pk.verifying_key(), None).context("the proof does not verify")?;
    }
    let report = json!({
        "verified": true,
        "loadMs": load_ms,
        "setUpMs": set_up_ms,
        "firstProofMs": prove_ms[0],
        "secondProofMs": prove_ms[1],
        "peakRssBytes": peak_rss_bytes(),
    });
    Ok((Outcome::Fulfilled, report))
}

fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}
