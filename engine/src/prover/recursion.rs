//! The recursion part of the prover: compose, deferred and shrink programs with their keys. Loading it takes SP1
//! more than a minute and gigabytes; only proofs above core need it.

use std::sync::Arc;

use sp1_core_machine::riscv::RiscvAir;
use sp1_hypercube::{
    prover::{CoreProofShape, CpuShardProver, ProverSemaphore},
    MachineVerifier, SP1VerifyingKey,
};
use sp1_primitives::{SP1Field, SP1GlobalContext};
use sp1_prover::{
    recursion::recursive_verifier,
    shapes::SP1NormalizeCache,
    worker::{get_normalize_program, LocalWorkerClient, SP1ProverEngine, SP1Worker, SP1WorkerBuilder},
    CoreSC, CpuSP1ProverComponents, CpuWrapProverBuilder, SP1ProverComponents,
};
use sp1_prover_types::InMemoryArtifactClient;
use sp1_recursion_circuit::shard::RecursiveShardVerifier;
use sp1_recursion_compiler::config::InnerConfig;
use sp1_recursion_executor::RecursionProgram;

use crate::{failure::Failure, setup::CoreAirProver};

/// Programs that lift a shard proof into recursion, one for each shape of shard. A long guest has a handful.
const NORMALIZE_PROGRAMS: usize = 8;

pub struct Recursion {
    worker: SP1Worker<InMemoryArtifactClient, LocalWorkerClient, CpuSP1ProverComponents>,
    core: MachineVerifier<SP1GlobalContext, CoreSC>,
    recursive_core: RecursiveShardVerifier<SP1GlobalContext, RiscvAir<SP1Field>, InnerConfig>,
    normalize_programs: SP1NormalizeCache,
}

impl Recursion {
    pub async fn load(
        artifacts: InMemoryArtifactClient,
        core_prover: Arc<CoreAirProver>,
        permits: ProverSemaphore,
    ) -> Result<Arc<Self>, Failure> {
        let loading = tokio::spawn(async move {
            let compress = CpuSP1ProverComponents::compress_verifier();
            let shrink = CpuSP1ProverComponents::shrink_verifier();
            // SP1 builds a core prover into every worker. Its tasks never reach this one (tasks.rs), so the client
            // is one that nobody listens to.
            let (nobody, _) = LocalWorkerClient::init();
            SP1WorkerBuilder::<CpuSP1ProverComponents>::new()
                .with_artifact_client(artifacts)
                .with_worker_client(nobody)
                .with_core_air_prover(core_prover, permits.clone())
                .with_compress_air_prover(
                    Arc::new(CpuShardProver::new(compress.shard_verifier().clone())),
                    permits.clone(),
                )
                .with_shrink_air_prover(Arc::new(CpuShardProver::new(shrink.shard_verifier().clone())), permits.clone())
                .with_wrap_air_prover(CpuWrapProverBuilder, permits)
                .with_config(|config| {
                    // The service verifies every finished proof; a fault in between shows there.
                    config.prover_config.recursion_prover_config.verify_intermediates = false;
                })
                .build()
                .await
        });
        let worker = loading
            .await
            .map_err(|_| Failure::internal("SP1 panicked while it loaded the recursion programs."))?
            .map_err(|_| Failure::internal("SP1 could not load the recursion programs."))?;
        let core = CpuSP1ProverComponents::core_verifier(RiscvAir::machine());
        Ok(Arc::new(Self {
            worker,
            recursive_core: recursive_verifier(core.shard_verifier()),
            core,
            normalize_programs: SP1NormalizeCache::new(NORMALIZE_PROGRAMS),
        }))
    }

    pub fn engine(&self) -> &SP1ProverEngine<InMemoryArtifactClient, LocalWorkerClient, CpuSP1ProverComponents> {
        self.worker.prover_engine()
    }

    /// The program that verifies a shard of this shape inside recursion. Blocks while it is compiled.
    pub fn normalize_program(
        &self,
        vk: SP1VerifyingKey,
        shape: &CoreProofShape<SP1Field, RiscvAir<SP1Field>>,
    ) -> Arc<RecursionProgram<SP1Field>> {
        get_normalize_program(
            vk,
            &self.core,
            &self.recursive_core,
            shape,
            self.engine().recursion_prover.reduce_shape(),
            Some(&self.normalize_programs),
        )
    }
}
