//! The workers behind the controller's queue. SP1's own local node (worker/node/full/init.rs) loses a proof whose
//! task panics; here every task ends with a status, and those that a core proof needs do without recursion.

use std::{future::Future, sync::Arc};

use sp1_prover::worker::{
    CoreExecuteTaskRequest, LocalWorkerClientChannels, RawTaskRequest, TaskError, TaskId, TaskMetadata,
};
use sp1_prover_types::{ArtifactClient, TaskStatus, TaskType};
use tokio::{
    sync::{mpsc::Receiver, Semaphore},
    task::JoinSet,
};

use super::{job::Job, shard};
use crate::{failure::Failure, progress::Stage};

/// Tasks of one kind that may be under way; shards are limited further by the prover's permits.
const UNDER_WAY: usize = 4;

/// Serves the queue until the answer is dropped.
pub fn listen(job: &Arc<Job>, channels: LocalWorkerClientChannels) -> JoinSet<()> {
    let mut handlers = JoinSet::new();
    for (kind, queue) in channels.task_receivers {
        handlers.spawn(handle(job.clone(), kind, queue));
    }
    handlers
}

async fn handle(job: Arc<Job>, kind: TaskType, mut queue: Receiver<(TaskId, RawTaskRequest)>) {
    let room = Arc::new(Semaphore::new(if kind == TaskType::ProveShard { shard_room() } else { UNDER_WAY }));
    let mut under_way = JoinSet::new();
    while let Some((id, request)) = queue.recv().await {
        // Marks for a shard's deferred events; the shard itself completes them (shard.rs).
        if kind == TaskType::MarkerDeferredRecord {
            continue;
        }
        if kind == TaskType::ProveShard {
            job.shard_started();
        }
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let job = job.clone();
        under_way.spawn(async move {
            let _place = place;
            let work = run(job.clone(), kind, id.clone(), request);
            let status = if finish(&job, work).await { TaskStatus::Succeeded } else { TaskStatus::FailedFatal };
            // The proof may be over by now; then nobody waits for this status.
            let _ = job.tasks.update_task_status(id, status).await;
        });
        while under_way.try_join_next().is_some() {}
    }
}

/// Shards in memory at a time: one being proven and one being traced.
fn shard_room() -> usize {
    2
}

/// Whether the work succeeded; a failure or a panic in it is recorded with the job.
async fn finish(job: &Job, work: impl Future<Output = Result<(), TaskError>> + Send + 'static) -> bool {
    match tokio::spawn(work).await {
        Ok(Ok(())) => true,
        Ok(Err(TaskError::Execution(error))) => {
            let failure = crate::cause::Cause::of_execution(&error).map_or_else(
                |failure| failure,
                |cause| Failure::new(crate::failure::Code::GuestFailed, cause.sentence()),
            );
            job.fail(failure);
            false
        }
        Ok(Err(TaskError::Fatal(error) | TaskError::Retryable(error))) => {
            eprintln!("a task of the proof failed: {error}");
            job.fail(Failure::internal("SP1 could not prove this program and input."));
            false
        }
        Err(_) => {
            job.fail(Failure::internal("SP1 panicked while it proved."));
            false
        }
    }
}

async fn run(job: Arc<Job>, kind: TaskType, id: TaskId, request: RawTaskRequest) -> Result<(), TaskError> {
    match kind {
        TaskType::SetupVkey => {
            let keys = job.program.keys(&job.setup).await;
            job.artifacts.upload(&request.outputs[0], &keys.vk).await?;
        }
        TaskType::CoreExecute => {
            job.controller.execute(id, CoreExecuteTaskRequest::from_raw(request)?).await?;
            job.executed();
        }
        TaskType::ProveShard => {
            shard::prove(&job, request).await?;
            job.shard_done();
        }
        TaskType::RecursionDeferred => {
            let recursion = job.recursion().await?;
            join(recursion.engine().submit_prove_deferred(request).await?.await)?;
        }
        TaskType::RecursionReduce => {
            job.reduction_started();
            let recursion = job.recursion().await?;
            join(recursion.engine().submit_recursion_reduce(request).await?.await)?;
            job.reduction_done();
        }
        TaskType::ShrinkWrap => {
            job.entered(Stage::Shrinking);
            job.recursion().await?.engine().run_shrink_wrap(request).await?;
        }
        TaskType::PlonkWrap => {
            job.entered(Stage::Wrapping);
            job.recursion().await?.engine().run_plonk(request).await?;
        }
        TaskType::Groth16Wrap => {
            job.entered(Stage::Wrapping);
            job.recursion().await?.engine().run_groth16(request).await?;
        }
        other => return Err(TaskError::Fatal(anyhow::anyhow!("{} is not served", other.as_str_name()))),
    }
    Ok(())
}

fn join<E: Into<anyhow::Error>>(result: Result<Result<TaskMetadata, TaskError>, E>) -> Result<(), TaskError> {
    result.map_err(|error| TaskError::Fatal(error.into()))?.map(drop)
}
