//! What one process holds: the verifier, the programs it knows, the right to run a guest, and in the prove role the
//! prover. Requests from all connections meet here.

use std::sync::{
    atomic::{AtomicBool, Ordering::Relaxed},
    Arc, LazyLock,
};

use sp1_sdk::{LightProver, Prover as _};
use tokio::sync::OnceCell;

use crate::{
    args::Role,
    deferred,
    execute::{self, Execution},
    failure::{Code, Failure},
    guest::{control::Control, GuestSlot},
    info::{self, ProverState},
    program::{KnownProgram, Programs},
    progress::Progress,
    promises::InnerProofs,
    prover::{Prover, Proving},
    session::Session,
    setup::Setup,
    stdin, verify,
    wire::{Answer, Request},
};

pub struct Engine {
    role: Role,
    verifier: OnceCell<LightProver>,
    setup: LazyLock<Arc<Setup>, Box<dyn FnOnce() -> Arc<Setup> + Send>>,
    prover: LazyLock<Arc<Prover>>,
    programs: Programs,
    guests: GuestSlot,
    is_ready: AtomicBool,
}

impl Engine {
    pub fn new(role: Role, control: &'static Control) -> Arc<Self> {
        let keep_proving_keys = role == Role::Prove;
        Arc::new(Self {
            role,
            verifier: OnceCell::new(),
            setup: LazyLock::new(Box::new(move || Arc::new(Setup::new(keep_proving_keys)))),
            prover: LazyLock::new(|| Arc::new(Prover::new())),
            programs: Programs::default(),
            guests: GuestSlot::new(control),
            is_ready: AtomicBool::new(false),
        })
    }

    /// Does ahead of the first request what it would otherwise wait for.
    pub fn warm(self: &Arc<Self>) {
        let engine = self.clone();
        tokio::spawn(async move { engine.verifier().await.version().len() });
        let engine = self.clone();
        tokio::task::spawn_blocking(move || {
            LazyLock::force(&engine.setup);
            if engine.role == Role::Prove {
                LazyLock::force(&engine.prover);
                engine.is_ready.store(true, Relaxed);
            }
        });
    }

    async fn verifier(&self) -> &LightProver {
        self.verifier.get_or_init(LightProver::new).await
    }

    /// Serves one request of `session`; the answer is a whole frame.
    pub async fn serve(
        self: &Arc<Self>,
        session: &Session,
        request: Request<'_>,
        progress: &Progress,
    ) -> Result<Vec<u8>, Failure> {
        match request {
            Request::Info => Ok(info::answer(self.role, self.prover_state())),
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
                let mut stdin = stdin::decode(request.stdin)?;
                let program = self.load(request.elf).await?.program.clone();
                let proofs = match std::mem::take(&mut stdin.proofs) {
                    // Most inputs hold none, and the verifier takes a second to load.
                    none if none.is_empty() => InnerProofs::NONE,
                    proofs => deferred::verify(self.verifier().await.inner(), proofs)?,
                };
                let (cycle_limit, gas_limit) = (request.cycle_limit, request.gas_limit);
                let execution = Execution { program, stdin, proofs, cycle_limit, gas_limit };
                Ok(execute::execute(&self.guests, execution, progress).await?.answer())
            }
            Request::Verify { vk, proof } => {
                let (engine, vk, proof) = (self.clone(), vk.to_vec(), proof.to_vec());
                self.verifier().await;
                tokio::task::spawn_blocking(move || verify::verify(engine.verifier.get(), &vk, &proof))
                    .await
                    .or_else(|_| Ok(verify::panicked()))
            }
            Request::Prove(_) | Request::WaitReady { .. } if self.role == Role::Execute => {
                Err(Failure::new(Code::WrongRole, "This process executes and verifies; it does not prove."))
            }
            Request::WaitReady { mode } => {
                self.prover.wait_ready(&self.setup, mode, progress).await?;
                Ok(Answer::ok())
            }
            Request::Prove(request) => {
                let program = session.find(&request.key)?;
                let stdin = stdin::decode(request.stdin)?;
                let proving = Proving { program, stdin, nonce: request.nonce, mode: request.mode };
                let proof = self.prover.prove(&self.setup, &self.guests, proving, progress).await?;
                Ok(Answer::new(2).raw(&proof).done())
            }
        }
    }

    fn prover_state(&self) -> ProverState {
        match self.role {
            Role::Execute => ProverState::None,
            Role::Prove if self.is_ready.load(Relaxed) => ProverState::Ready,
            Role::Prove => ProverState::Loading,
        }
    }

    async fn load(self: &Arc<Self>, elf: &[u8]) -> Result<Arc<KnownProgram>, Failure> {
        let (engine, elf) = (self.clone(), elf.to_vec());
        tokio::task::spawn_blocking(move || engine.programs.load(&elf))
            .await
            .unwrap_or_else(|_| Err(Failure::internal("SP1 panicked while decoding the program.")))
    }
}
