//! One proof from request to file: its own task queue, the controller that fills it, and the first thing that went
//! wrong. Everything of the proof ends with it.

use std::sync::{
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    Arc, Mutex,
};

use sp1_prover::worker::{
    LocalWorkerClient, ProofId, RawTaskRequest, RequesterId, SP1Controller, TaskContext, TaskError, WorkerClient,
};
use sp1_prover_types::{Artifact, ArtifactClient, ArtifactType, InMemoryArtifactClient, ProofRequestStatus};

use super::{recursion::Recursion, tasks, Prover, Proving};
use crate::{
    cause::Cause,
    failure::{Code, Failure},
    guest::{control::STOP_OUT_OF_SHARED_MEMORY, GuestTurn},
    program::KnownProgram,
    progress::{Progress, Stage},
    setup::Setup,
    wire::Mode,
};

pub type Controller = SP1Controller<InMemoryArtifactClient, LocalWorkerClient>;

/// What the tasks of one proof share.
pub struct Job {
    pub prover: Arc<Prover>,
    pub setup: Arc<Setup>,
    pub program: Arc<KnownProgram>,
    pub artifacts: InMemoryArtifactClient,
    pub tasks: LocalWorkerClient,
    pub controller: Controller,
    mode: Mode,
    progress: Progress,
    shards: Count,
    reductions: Count,
    executed: AtomicBool,
    failure: Mutex<Option<Failure>>,
}

#[derive(Default)]
struct Count {
    done: AtomicU64,
    total: AtomicU64,
}

impl Job {
    pub async fn recursion(&self) -> Result<Arc<Recursion>, TaskError> {
        self.prover.recursion(&self.setup).await.map_err(|failure| self.fail(failure))
    }

    /// Keeps the first failure; later ones follow from it. Answers what SP1 wants to hear about it.
    pub fn fail(&self, failure: Failure) -> TaskError {
        self.failure.lock().expect("no panic while held").get_or_insert(failure);
        TaskError::Fatal(anyhow::anyhow!("the proof has failed"))
    }

    pub fn shard_started(&self) {
        self.shards.total.fetch_add(1, Relaxed);
        self.report();
    }

    pub fn shard_done(&self) {
        self.shards.done.fetch_add(1, Relaxed);
        self.report();
    }

    pub fn reduction_started(&self) {
        self.reductions.total.fetch_add(1, Relaxed);
        self.report();
    }

    pub fn reduction_done(&self) {
        self.reductions.done.fetch_add(1, Relaxed);
        self.report();
    }

    /// All shards of the guest are known from here on.
    pub fn executed(&self) {
        self.executed.store(true, Relaxed);
        self.report();
    }

    pub fn entered(&self, stage: Stage) {
        self.progress.enter(stage, 0);
    }

    fn report(&self) {
        let (done, total) = (self.shards.done.load(Relaxed), self.shards.total.load(Relaxed));
        self.progress.enter(Stage::ProvingShards, total);
        self.progress.count(Stage::ProvingShards, done, total);
        // Reductions overlap with shards; they are the news once the shards are done.
        if self.mode != Mode::Core && self.executed.load(Relaxed) && done == total {
            let (done, total) = (self.reductions.done.load(Relaxed), self.reductions.total.load(Relaxed));
            self.progress.enter(Stage::Compressing, total);
            self.progress.count(Stage::Compressing, done, total);
        }
    }
}

/// Runs the controller over a fresh queue and returns the proof file.
pub async fn run(
    prover: Arc<Prover>,
    setup: Arc<Setup>,
    proving: Proving,
    guest: &GuestTurn,
    progress: Progress,
) -> Result<Vec<u8>, Failure> {
    let Proving { program, stdin, nonce, mode } = proving;
    let artifacts = prover.artifacts.client.clone();
    let (tasks, channels) = LocalWorkerClient::init_with_index(prover.artifacts.index.clone());
    let controller =
        Controller::new(prover.controller.clone(), artifacts.clone(), tasks.clone(), prover.verifier.clone());
    let job = Arc::new(Job {
        prover,
        setup,
        program,
        artifacts,
        tasks,
        controller,
        mode,
        progress,
        shards: Count::default(),
        reductions: Count::default(),
        executed: AtomicBool::new(false),
        failure: Mutex::new(None),
    });
    if mode != Mode::Core {
        // Loads while the shards are proven, if no earlier request has loaded it.
        let job = job.clone();
        tokio::spawn(async move { job.recursion().await });
    }
    // One proof at a time and a queue of its own each: the name need not differ from the last one's.
    let proof_id = ProofId::new("proof");
    let handlers = tasks::listen(&job, channels);
    let finished = tokio::spawn({
        let (job, proof_id) = (job.clone(), proof_id.clone());
        async move { control(&job, proof_id, stdin, nonce).await }
    });
    let watched = async {
        loop {
            job.progress.cycles(guest.control.cycles());
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let result = tokio::select! {
        result = finished => result,
        () = watched => unreachable!("watches for ever"),
    };
    drop(handlers);
    let status = if matches!(result, Ok(Ok(_))) { ProofRequestStatus::Completed } else { ProofRequestStatus::Failed };
    // Ends the subscriptions of this queue, and drops the bulk data that a failed proof leaves behind.
    let _ = job.tasks.complete_proof(proof_id.clone(), None, status, "").await;
    job.tasks.cleanup(&proof_id, &job.artifacts).await;
    give_memory_back();

    match result {
        Ok(Ok(proof)) => Ok(proof),
        Ok(Err(error)) => Err(explain(&job, guest, &error)),
        Err(_) => Err(Failure::internal("SP1 panicked while it proved.")),
    }
}

async fn control(
    job: &Job,
    proof_id: ProofId,
    stdin: sp1_core_machine::io::SP1Stdin,
    nonce: [u32; 4],
) -> Result<Vec<u8>, TaskError> {
    let artifacts = &job.artifacts;
    let (elf, input, nonce_artifact, output) = (
        artifacts.create_artifact()?,
        artifacts.create_artifact()?,
        artifacts.create_artifact()?,
        artifacts.create_artifact()?,
    );
    for artifact in [&elf, &input, &nonce_artifact, &output] {
        job.prover.artifacts.index.track(&proof_id.to_string(), &artifact.0);
    }
    artifacts.upload_program(&elf, job.program.elf.to_vec()).await?;
    artifacts.upload_with_type(&input, ArtifactType::Stdin, stdin).await?;
    artifacts.upload(&nonce_artifact, nonce).await?;
    let mode = Artifact((job.mode as u32).to_string());
    let no_cycle_limit = Artifact(String::new());
    let request = RawTaskRequest {
        inputs: vec![elf, input, mode, no_cycle_limit, nonce_artifact],
        outputs: vec![output.clone()],
        context: TaskContext {
            proof_id,
            parent_id: None,
            parent_context: None,
            requester_id: RequesterId::new("engine"),
        },
    };
    job.controller.run(request).await?;
    Ok(artifacts.download_raw(&output, ArtifactType::Proof).await?)
}

/// The failure to answer: what a task recorded, else what the guest's process recorded, else the error itself.
fn explain(job: &Job, guest: &GuestTurn, error: &TaskError) -> Failure {
    let recorded = job.failure.lock().expect("no panic while held").take();
    let guest_failed = |cause: Cause| Failure::new(Code::GuestFailed, cause.sentence());
    match guest.control.stop() {
        STOP_OUT_OF_SHARED_MEMORY => {
            return Failure::new(Code::OutOfMemory, "The guest's shared memory could not grow.")
        }
        stop => {
            if let Some(cause) = Cause::from_number(stop) {
                return guest_failed(cause);
            }
        }
    }
    match (recorded, error) {
        (Some(failure), _) => failure,
        (None, TaskError::Execution(error)) => Cause::of_execution(error).map_or_else(|failure| failure, guest_failed),
        (None, TaskError::Fatal(_) | TaskError::Retryable(_)) => {
            Failure::internal("SP1 could not prove this program and input.")
        }
    }
}

/// Gigabytes were freed; without this the allocator keeps most of them.
fn give_memory_back() {
    // SAFETY: plain call into the C library.
    unsafe { libc::malloc_trim(0) };
}
