//! What the SDK can ask a service about itself and its user: balance, prices, the parameters of a request, the list of requests.

use anyhow::Result;
use serde_json::{json, Value};
use sp1_sdk::{
    network::{
        proto::{GetFilteredProofRequestsResponse, GetProofRequestParamsResponse},
        signer::NetworkSigner,
    },
    SP1ProofMode,
};

use crate::{
    args::{Connection, Network},
    connect,
    outcome::Outcome,
};

pub async fn run(connection: &Connection) -> Result<(Outcome, Value)> {
    let client = connect::client(connection)?;
    let requester = NetworkSigner::local(&connection.key)?.address();
    let listed = client
        .get_filtered_proof_requests(
            None,
            None,
            None,
            None,
            None,
            Some(requester.to_vec()),
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
        )
        .await?;
    let request_ids: Vec<String> = match listed {
        GetFilteredProofRequestsResponse::Auction(listed) => {
            listed.requests.iter().map(|request| hex::encode(&request.request_id)).collect()
        }
        GetFilteredProofRequestsResponse::Base(listed) => {
            listed.requests.iter().map(|request| hex::encode(&request.request_id)).collect()
        }
    };
    let market_price = match connection.network {
        Network::Mainnet | Network::Private => Some(client.get_market_price_per_pgu().await?.wei.to_string()),
        Network::Reserved | Network::Hosted | Network::Environment => None,
    };
    let params = match client.get_proof_request_params(SP1ProofMode::Core.into()).await? {
        GetProofRequestParamsResponse::Auction(params) => json!({
            "domain": hex::encode(&params.domain),
            "auctioneer": hex::encode(&params.auctioneer),
            "maxPricePerPgu": params.max_price_per_pgu,
            "baseFee": params.base_fee,
            "tickSize": params.tick_size,
        }),
        GetProofRequestParamsResponse::Unsupported => Value::Null,
    };
    let report = json!({
        "address": requester.to_string(),
        "balance": client.get_balance().await?.to_string(),
        "requestIds": request_ids,
        "params": params,
        "marketPrice": market_price,
    });
    Ok((Outcome::Fulfilled, report))
}
