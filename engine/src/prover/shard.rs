//! Proving one shard, as SP1's core worker does (sp1-prover worker/prover/core.rs, `CoreWorker`), with two
//! differences: the program's proving key is reused instead of made again for each shard, and the recursion part is
//! only asked for when the proof is to be compressed.

use std::sync::Arc;

use sp1_core_executor::{ExecutionRecord, Program, SP1CoreOpts, SplitOpts};
use sp1_core_machine::{executor::trace_chunk, riscv::RiscvAir};
use sp1_hypercube::prover::{shape_from_record, AirProver};
use sp1_jit::TraceChunk;
use sp1_primitives::SP1Field;
use sp1_prover::{
    worker::{
        CommonProverInput, DeferredEvents, GlobalMemoryShard, PrecompileArtifactSlice, ProveShardTaskRequest,
        ProverMetrics, RawTaskRequest, TaskError, TaskId, TaskMetadata, TraceData, WorkerClient,
    },
    SP1CircuitWitness,
};
use sp1_prover_types::{
    await_scoped_vec, network_base_types::ProofMode, ArtifactClient, ArtifactType, InMemoryArtifactClient,
};

use super::job::Job;
use crate::{
    cause::Cause,
    failure::{Code, Failure},
};

/// A shard's events, ready for the tables.
struct Traced {
    record: ExecutionRecord,
    /// Precompile events that a later shard will prove; only core shards have them.
    deferred: Option<ExecutionRecord>,
    is_precompile: bool,
}

/// Proves one shard and leaves the proof where the controller wants it.
pub async fn prove(job: &Arc<Job>, request: RawTaskRequest) -> Result<(), TaskError> {
    let request = ProveShardTaskRequest::from_raw(request)?;
    let (common, data) = tokio::try_join!(
        job.artifacts.download::<CommonProverInput>(&request.common_input),
        job.artifacts.download::<TraceData>(&request.record),
    )?;
    let slices = match &data {
        TraceData::Precompile(slices, _) => slices.clone(),
        _ => Vec::new(),
    };
    if let TraceData::Memory(shard) = &data {
        if shard.final_state.exit_code != 0 {
            // SP1 would finish a proof that its verifier then refuses.
            return Err(job.fail(Failure::new(Code::GuestFailed, Cause::HaltWithNonZeroExitCode.sentence())));
        }
    }

    let (program, options) = (job.program.program.clone(), job.controller.opts().clone());
    let (deferred_digest, nonce) = (common.deferred_digest, common.nonce);
    let artifacts = job.artifacts.clone();
    let traced = blocking(move || trace(&program, &options, data, nonce, deferred_digest, &artifacts)).await??;

    let deferring = traced.deferred.map(|events| {
        let artifacts = job.artifacts.clone();
        let tasks = job.tasks.clone();
        let (program, options) = (job.program.program.clone(), job.controller.opts().clone());
        let output = request.deferred_output.clone();
        let marker = TaskId::new(request.deferred_marker_task.clone().to_id());
        let proof_id = request.context.proof_id.clone();
        tokio::spawn(async move {
            let output = output.ok_or_else(|| anyhow::anyhow!("a core shard has no place for its deferred events"))?;
            let split = blocking(move || {
                SplitOpts::new(&options, program.instructions.len(), program.enable_untrusted_programs)
            })
            .await?;
            let events = DeferredEvents::defer_record(events, &artifacts, split).await?;
            artifacts.upload(&output, &events).await?;
            tasks.complete_task(proof_id, marker, TaskMetadata::default()).await?;
            Ok::<_, TaskError>(())
        })
    });

    let mut record = traced.record;
    let record = blocking(move || {
        RiscvAir::<SP1Field>::machine().generate_dependencies(std::iter::once(&mut record), None);
        record
    })
    .await?;

    let keys = job.program.keys(&job.setup).await;
    let pk = keys.pk.clone().ok_or_else(|| anyhow::anyhow!("this process keeps no proving keys"))?;
    let compressing = common.mode != ProofMode::Core;
    // Compiling the recursion program keeps one core busy; that fits beside the proof of the shard.
    let normalizing = if compressing {
        let shape = shape_from_record(job.setup.verifier(), &record)
            .ok_or_else(|| anyhow::anyhow!("the shard has no shape that recursion knows"))?;
        let (job, vk) = (job.clone(), common.vk.clone());
        Some(tokio::spawn(async move {
            let recursion = job.recursion().await?;
            blocking(move || recursion.normalize_program(vk, &shape)).await
        }))
    } else {
        None
    };

    let (proof, permit) = job.setup.prover.prove_shard_with_pk(pk, record, job.prover.permits.clone()).await;
    drop(permit);

    match normalizing {
        None => job.artifacts.upload(&request.output, proof).await?,
        Some(normalizing) => {
            let program = normalizing.await.map_err(|error| TaskError::Fatal(error.into()))??;
            let recursion = job.recursion().await?;
            let prover = &recursion.engine().recursion_prover;
            let witness = prover.get_normalize_witness(&common, &proof, false, traced.is_precompile);
            drop(proof);
            let witness = SP1CircuitWitness::Core(witness);
            prover
                .submit_prove_shard(program, witness, request.output.clone(), ProverMetrics::new())
                .await?
                .await
                .map_err(|error| TaskError::Fatal(error.into()))??;
        }
    }

    for PrecompileArtifactSlice { artifact, start_idx, end_idx } in slices {
        let user = format!("{start_idx}_{end_idx}");
        let _ = job.artifacts.remove_ref(&artifact, ArtifactType::UnspecifiedArtifactType, &user).await;
    }
    if let Some(deferring) = deferring {
        deferring.await.map_err(|error| TaskError::Fatal(error.into()))??;
    }
    job.artifacts.try_delete(&request.record, ArtifactType::UnspecifiedArtifactType).await?;
    Ok(())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, TaskError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| TaskError::Fatal(error.into()))
}

/// Turns what the controller sent into events. Blocks.
fn trace(
    program: &Arc<Program>,
    options: &SP1CoreOpts,
    data: TraceData,
    nonce: [u32; 4],
    deferred_digest: [u32; 8],
    artifacts: &InMemoryArtifactClient,
) -> Result<Traced, TaskError> {
    let dependencies = options.global_dependencies_opt;
    match data {
        TraceData::Core(bytes) => {
            let chunk: TraceChunk = bincode::deserialize(&bytes).map_err(|error| TaskError::Fatal(error.into()))?;
            drop(bytes);
            // SP1 reserves room for an eighth of the largest shard for each kind of event.
            let room = options.shard_size >> 3;
            let record = ExecutionRecord::new_preallocated(program.clone(), nonce, dependencies, room);
            let (_, mut record, _) = trace_chunk::<SP1Field>(program.clone(), options.clone(), chunk, nonce, record)?;
            let deferred = record.defer(&options.retained_events_presets);
            Ok(Traced { record, deferred: Some(deferred), is_precompile: false })
        }
        TraceData::Memory(shard) => {
            let record = memory_record(program, options, *shard, nonce, deferred_digest);
            Ok(Traced { record, deferred: None, is_precompile: false })
        }
        TraceData::Precompile(slices, code) => {
            let downloads = slices
                .iter()
                .map(|slice| {
                    let (artifacts, artifact) = (artifacts.clone(), slice.artifact.clone());
                    async move { artifacts.download::<Vec<_>>(&artifact).await }
                })
                .collect::<Vec<_>>();
            let downloads = futures::executor::block_on(await_scoped_vec(downloads))
                .map_err(|error| TaskError::Fatal(anyhow::anyhow!("{error}")))?;
            let mut events = Vec::with_capacity(slices.iter().map(|slice| slice.end_idx - slice.start_idx).sum());
            for (slice, downloaded) in slices.iter().zip(downloads) {
                let count = slice.end_idx - slice.start_idx;
                events.extend(downloaded?.into_iter().skip(slice.start_idx).take(count));
            }
            let mut record = ExecutionRecord::new(program.clone(), nonce, dependencies);
            record.precompile_events.events.insert(code, events);
            record.public_values.update_initialized_state(
                program.pc_start_abs,
                program.enable_untrusted_programs,
                program.trap_context,
                program.untrusted_memory,
            );
            Ok(Traced { record, deferred: None, is_precompile: true })
        }
    }
}

fn memory_record(
    program: &Arc<Program>,
    options: &SP1CoreOpts,
    shard: GlobalMemoryShard,
    nonce: [u32; 4],
    deferred_digest: [u32; 8],
) -> ExecutionRecord {
    let mut record = ExecutionRecord::new(program.clone(), nonce, options.global_dependencies_opt);
    record.global_memory_initialize_events = shard.initialize_events;
    record.global_memory_finalize_events = shard.finalize_events;
    record.global_page_prot_initialize_events = shard.page_prot_initialize_events;
    record.global_page_prot_finalize_events = shard.page_prot_finalize_events;
    let state = shard.final_state;
    record.public_values.update_finalized_state(
        state.timestamp,
        state.pc,
        state.exit_code,
        u32::from(program.enable_untrusted_programs),
        u32::from(program.trap_context.is_some()),
        program.trap_context.map_or([0; 3], |address| [address, address + 8, address + 16]),
        program.untrusted_memory.map_or([0; 2], |(start, end)| [start, end]),
        state.public_value_digest,
        deferred_digest,
        state.proof_nonce,
    );
    let values = &mut record.public_values;
    values.previous_init_addr = shard.previous_init_addr;
    values.previous_finalize_addr = shard.previous_finalize_addr;
    values.previous_init_page_idx = shard.previous_init_page_idx;
    values.previous_finalize_page_idx = shard.previous_finalize_page_idx;
    values.last_init_addr = shard.last_init_addr;
    values.last_finalize_addr = shard.last_finalize_addr;
    values.last_init_page_idx = shard.last_init_page_idx;
    values.last_finalize_page_idx = shard.last_finalize_page_idx;
    record.finalize_public_values::<SP1Field>(false);
    record
}
