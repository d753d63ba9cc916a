//! The prover: SP1's controller and pipelines, put together so that a core proof needs no recursion programs and
//! the recursion part is loaded by the first request that wants it (docs/engine.md, "Start-up").

mod job;
mod recursion;
mod shard;
mod tasks;

use std::sync::Arc;

use sp1_core_machine::{io::SP1Stdin, riscv::RiscvAir};
use sp1_hypercube::prover::ProverSemaphore;
use sp1_prover::{
    verify::{SP1Verifier, VerifierRecursionVks},
    worker::{SP1ControllerConfig, SP1WorkerConfig},
};
use sp1_prover_types::{InMemoryArtifactClient, ProofArtifacts};
use tokio::sync::{Mutex, OnceCell};

use crate::{
    circuits, execute,
    failure::Failure,
    guest::GuestSlot,
    program::KnownProgram,
    progress::{Progress, Stage},
    setup::Setup,
    wire::{Mode, NO_LIMIT},
};
use recursion::Recursion;

/// Shards proven at a time. A shard keeps all cores busy by itself for most of its time, and each one more costs
/// gigabytes, so only machines with many cores get a second one.
const CORES_PER_SHARD: usize = 8;

/// Bulk data of the proofs under way, and which of it belongs to which proof.
#[derive(Clone)]
struct Artifacts {
    client: InMemoryArtifactClient,
    index: ProofArtifacts,
}

pub struct Prover {
    artifacts: Artifacts,
    controller: SP1ControllerConfig,
    verifier: SP1Verifier,
    permits: ProverSemaphore,
    recursion: OnceCell<Arc<Recursion>>,
    /// One proof at a time: two would need the memory of two.
    turn: Mutex<()>,
}

/// One proof to make.
pub struct Proving {
    pub program: Arc<KnownProgram>,
    pub stdin: SP1Stdin,
    pub nonce: [u32; 4],
    pub mode: Mode,
}

impl Prover {
    /// Takes well under a second; blocks.
    pub fn new() -> Self {
        let index = ProofArtifacts::default();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut controller = SP1WorkerConfig::new(RiscvAir::machine()).controller_config;
        controller.opts = execute::options();
        Self {
            artifacts: Artifacts { client: InMemoryArtifactClient::with_index(index.clone()), index },
            controller,
            verifier: SP1Verifier::new_with_machine(VerifierRecursionVks::default(), RiscvAir::machine()),
            permits: ProverSemaphore::new((cores / CORES_PER_SHARD).max(1)),
            recursion: OnceCell::new(),
            turn: Mutex::new(()),
        }
    }

    /// Waits until proofs of this mode need no more loading.
    pub async fn wait_ready(&self, setup: &Setup, mode: Mode, progress: &Progress) -> Result<(), Failure> {
        circuits::require(mode)?;
        if mode != Mode::Core {
            progress.enter(Stage::Loading, 0);
            self.recursion(setup).await?;
        }
        Ok(())
    }

    /// The recursion part, loaded by whoever asks first.
    async fn recursion(&self, setup: &Setup) -> Result<Arc<Recursion>, Failure> {
        let load = || Recursion::load(self.artifacts.client.clone(), setup.prover.clone(), self.permits.clone());
        self.recursion.get_or_try_init(load).await.cloned()
    }

    /// Makes one proof and returns the proof file (bincode of `ProofFromNetwork`).
    pub async fn prove(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        guests: &GuestSlot,
        proving: Proving,
        progress: &Progress,
    ) -> Result<Vec<u8>, Failure> {
        circuits::require(proving.mode)?;
        let _turn = self.turn.lock().await;
        progress.enter(Stage::SettingUp, 0);
        proving.program.keys(setup).await;
        let guest = guests.take(NO_LIMIT).await;
        progress.enter(Stage::Executing, 0);
        job::run(self.clone(), setup.clone(), proving, &guest, progress.clone()).await
    }
}
