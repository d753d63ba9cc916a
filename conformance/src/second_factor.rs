//! The second factor beside a proof, as a user of the stock SDK gets it from a service of their own: the SDK's public client asks for it,
//! and the SDK's own verifier takes it or does not.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{json, Value};
use sp1_sdk::{
    network::{
        signer::NetworkSigner,
        tee::{api::TEERequest, client::Client},
        NetworkMode,
    },
    Elf, Prover, ProverClient, ProvingKey, SP1ProofWithPublicValues,
};

use crate::{
    args::{Connection, Work},
    outcome::Outcome,
    request::epoch_millis,
};

/// What the SDK sends when its user sets none is refused by SP1's own server as well.
const CYCLE_LIMIT: u64 = 1_000_000_000;

/// `proof` is a proof of the same program on the same input.
pub async fn run(connection: &Connection, work: &Work, proof: &Path) -> Result<(Outcome, Value)> {
    let url = connection.url.as_deref().context("--url is missing")?;
    let elf = std::fs::read(&work.program).with_context(|| format!("{}", work.program.display()))?;
    let mut proof = SP1ProofWithPublicValues::load(proof)?;

    let signer = NetworkSigner::local(&connection.key)?;
    let mut id = [0; 32];
    id[24..].copy_from_slice(&epoch_millis().to_be_bytes());
    let request = TEERequest {
        id,
        program: elf.clone(),
        cycle_limit: work.cycle_limit.unwrap_or(CYCLE_LIMIT),
        stdin: work.stdin.clone(),
        signature: signer.sign_message(&id).await?,
    };
    let client = Client::new(url);
    let response = client.execute(request).await?;
    let (address, signers) = (client.get_address().await?, client.get_signers().await?);
    proof.tee_proof = Some(response.as_prefix_bytes());

    let builder =
        || ProverClient::builder().network_for(NetworkMode::Reserved).rpc_url(url).private_key(&connection.key);
    let believes_it = builder().tee_signers(&[address]).build().await;
    let believes_another = builder().tee_signers(&[signer.address()]).build().await;
    let pk = believes_it.setup(Elf::from(elf)).await?;
    let verdict = believes_it.verify(&proof, pk.verifying_key(), None);
    let refusal = believes_another.verify(&proof, pk.verifying_key(), None);
    let report = json!({
        "verified": verdict.is_ok(),
        "error": verdict.as_ref().err().map(ToString::to_string),
        "refusedByAnother": refusal.err().map(|error| error.to_string()),
        "address": address.to_string(),
        "signers": signers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "publicValues": hex::encode(&response.public_values),
        "prefix": hex::encode(response.as_prefix_bytes()),
    });
    Ok((if verdict.is_ok() { Outcome::Fulfilled } else { Outcome::Unverified }, report))
}
