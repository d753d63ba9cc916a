//! Setting up a program: its verifying key, and in the prove role also its proving key, which spares every later
//! shard the work of committing to the program again.

use std::sync::Arc;

use sp1_core_executor::Program;
use sp1_core_machine::riscv::RiscvAir;
use sp1_hypercube::{
    prover::{AirProver, CpuShardProver, ProverSemaphore, ProvingKey},
    MachineVerifier, SP1VerifyingKey,
};
use sp1_primitives::SP1GlobalContext;
use sp1_prover::{CoreSC, CpuSP1ProverComponents, SP1ProverComponents};

pub type CoreAirProver = <CpuSP1ProverComponents as SP1ProverComponents>::CoreProver;
pub type CoreProvingKey = ProvingKey<SP1GlobalContext, CoreSC, CoreAirProver>;

/// The keys of one program.
pub struct Keys {
    pub vk: SP1VerifyingKey,
    /// `vk` as the wire carries it, 104 bytes.
    pub vk_bytes: Vec<u8>,
    /// Kept in the prove role only: about as large as the program's committed tables.
    pub pk: Option<Arc<CoreProvingKey>>,
}

/// Makes keys. Also owns the core prover, which is light until it proves.
pub struct Setup {
    pub prover: Arc<CoreAirProver>,
    verifier: MachineVerifier<SP1GlobalContext, CoreSC>,
    permits: ProverSemaphore,
    keep_proving_keys: bool,
}

impl Setup {
    pub fn new(keep_proving_keys: bool) -> Self {
        let verifier = CpuSP1ProverComponents::core_verifier(RiscvAir::machine());
        let prover = Arc::new(CpuShardProver::new(verifier.shard_verifier().clone()));
        Self { prover, verifier, permits: ProverSemaphore::new(1), keep_proving_keys }
    }

    /// The core verifier: what the shape of a shard is taken from.
    pub fn verifier(&self) -> &MachineVerifier<SP1GlobalContext, CoreSC> {
        &self.verifier
    }

    pub async fn run(&self, program: Arc<Program>) -> Keys {
        let (preprocessed, vk) = self.prover.setup(program, self.permits.clone()).await;
        // SAFETY: the key outlives its permit, which only counts how many set-ups run at once.
        let pk = unsafe { preprocessed.into_inner() };
        let vk = SP1VerifyingKey { vk };
        let vk_bytes = bincode::serialize(&vk).expect("a verifying key always encodes");
        Keys { vk, vk_bytes, pk: self.keep_proving_keys.then_some(pk) }
    }
}
