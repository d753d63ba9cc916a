//! What one process holds: the verifier, the programs it knows, the right to run a guest, and in the prove role the
//! prover. Requests from all connections meet here.

use std::sync::{Arc, LazyLock};

use sp1_core_machine::riscv::RiscvAir;
use sp1_prover::{
    verify::{SP1Verifier, VerifierRecursionVks},
    worker::SP1NodeCore,
};

use crate::{
    args::Role,
    execute::{self, Execution},
    failure::{Code, Failure},
    guest::{control::Control, GuestSlot},
    info::{self, ProverState},
    program::{KnownProgram, Programs},
    progress::{Progress, Stage},
    session::Session,
    setup::Setup,
    stdin, verify,
    wire::{Answer, Request},
};

pub struct Engine {
    role: Role,
    core: LazyLock<SP1NodeCore>,
    setup: LazyLock<Setup, Box<dyn FnOnce() -> Setup + Send>>,
    programs: Programs,
    guests: GuestSlot,
}

impl Engine {
    pub fn new(role: Role, control: &'static Control) -> Arc<Self> {
        let keep_proving_keys = role == Role::Prove;
        Arc::new(Self {
            role,
            core: LazyLock::new(|| {
                let verifier = SP1Verifier::new_with_machine(VerifierRecursionVks::default(), RiscvAir::machine());
                SP1NodeCore::new(verifier, execute::options())
            }),
            setup: LazyLock::new(Box::new(move || Setup::new(keep_proving_keys))),
            programs: Programs::default(),
            guests: GuestSlot::new(control),
        })
    }

    /// Does ahead of the first request what it would otherwise wait for.
    pub fn warm(self: &Arc<Self>) {
        let engine = self.clone();
        tokio::task::spawn_blocking(move || {
            LazyLock::force(&engine.core);
            LazyLock::force(&engine.setup);
        });
    }

    /// Serves one request of `session`; the answer is a whole frame.
    pub async fn serve(
        self: &Arc<Self>,
        session: &Session,
        request: Request<'_>,
        progress: &Progress,
    ) -> Result<Vec<u8>, Failure> {
        match request {
            Request::Info => Ok(info::answer(self.role, ProverState::None)),
            Request::Setup { elf } => {
                let program = self.load(elf).await?;
                let keys = program.keys(&self.setup).await;
                session.remember(&program);
                Ok(Answer::setup(&program.key, &keys.vk_bytes))
            }
            Request::Destroy { key } => {
                session.forget(&key);
                Ok(Answer::ok())
            }
            Request::Execute(request) => {
                let stdin = stdin::decode(request.stdin)?;
                let program = self.load(request.elf).await?.program.clone();
                let (cycle_limit, gas_limit) = (request.cycle_limit, request.gas_limit);
                let execution = Execution { program, stdin, cycle_limit, gas_limit };
                Ok(execute::execute(&self.core, &self.guests, execution, progress).await?.answer())
            }
            Request::Verify { vk, proof } => {
                let (engine, vk, proof) = (self.clone(), vk.to_vec(), proof.to_vec());
                tokio::task::spawn_blocking(move || verify::verify(&engine.core, &vk, &proof))
                    .await
                    .or_else(|_| Ok(verify::panicked()))
            }
            Request::Prove(_) | Request::WaitReady { .. } => {
                progress.enter(Stage::Loading, 0);
                Err(Failure::new(Code::WrongRole, "This process executes and verifies; it does not prove."))
            }
        }
    }

    async fn load(self: &Arc<Self>, elf: &[u8]) -> Result<Arc<KnownProgram>, Failure> {
        let (engine, elf) = (self.clone(), elf.to_vec());
        tokio::task::spawn_blocking(move || engine.programs.load(&elf))
            .await
            .unwrap_or_else(|_| Err(Failure::internal("SP1 panicked while decoding the program.")))
    }
}
