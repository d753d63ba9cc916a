//! The builder calls with which users point the SDK at a service.

use anyhow::{bail, Context, Result};
use sp1_sdk::{
    env::EnvProver,
    network::{signer::NetworkSigner, NetworkBearerToken, NetworkClient, NetworkMode},
    NetworkProver, ProverClient,
};

use crate::args::{Connection, Network};

pub async fn prover(connection: &Connection) -> Result<NetworkProver> {
    let builder = match connection.network {
        Network::Reserved => ProverClient::builder().network_for(NetworkMode::Reserved),
        Network::Hosted => ProverClient::builder().network().hosted(),
        Network::Mainnet => ProverClient::builder().network(),
        // It only sets a URL, and the one set last counts.
        Network::Private => ProverClient::builder().network().private(),
        Network::Environment => match ProverClient::from_env().await {
            EnvProver::Network(prover) => return Ok(prover),
            _ => bail!("SP1_PROVER is neither network nor hosted"),
        },
    };
    let mut builder = builder.rpc_url(url(connection)?).private_key(&connection.key);
    if let Some(token) = &connection.token {
        builder = builder.bearer_token(NetworkBearerToken::new(token)?);
    }
    if let Some((certificate, key)) = &connection.identity {
        builder = builder.client_identity(certificate, key);
    }
    Ok(builder.build().await)
}

/// The SDK's client without a prover around it, for the calls that a prover does not offer.
pub fn client(connection: &Connection) -> Result<NetworkClient> {
    let mode = match connection.network {
        Network::Reserved | Network::Hosted => NetworkMode::Reserved,
        Network::Mainnet | Network::Private => NetworkMode::Mainnet,
        Network::Environment => bail!("the environment makes provers only"),
    };
    let mut builder = NetworkClient::builder(NetworkSigner::local(&connection.key)?, url(connection)?, mode);
    if let Some(token) = &connection.token {
        builder = builder.bearer_token(NetworkBearerToken::new(token)?);
    }
    if let Some((certificate, key)) = &connection.identity {
        builder = builder.client_identity(certificate, key);
    }
    Ok(builder.build())
}

fn url(connection: &Connection) -> Result<&str> {
    connection.url.as_deref().context("--url is missing")
}
