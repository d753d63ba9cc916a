//! Executing a guest without a proof: public values, cycles and gas, or the reason why there are none.
//! The steps are those of sp1-prover's `execute_with_options` (worker/prover/execute.rs), with limits that stop the
//! guest early, progress while it runs, and a look at whether a proof of it can hold.

use std::{sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use slop_futures::pipeline::{Pipeline, SubmitHandle};
use sp1_core_executor::{ExecutionError, Opcode, Program, SP1CoreOpts};
use sp1_core_executor_runner::MinimalExecutorRunner;
use sp1_core_machine::io::SP1Stdin;
use tokio::sync::mpsc;

use crate::{
    cause::Cause,
    failure::{Code, Failure},
    guest::{control::STOP_OUT_OF_SHARED_MEMORY, GuestSlot},
    memory,
    meter::{meter, Metered},
    progress::{Progress, Stage},
    promises::{reads_over_program, Breach, InnerProofs},
    replay::{self, Replay},
    wire::Answer,
};

/// How often the cycle count of a running guest is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Share of the available memory that a guest may fill before SP1 kills it, in percent.
const GUEST_MEMORY_PERCENT: u64 = 80;

/// One guest run to make.
pub struct Execution {
    pub program: Arc<Program>,
    /// Without the proofs in it.
    pub stdin: SP1Stdin,
    /// What those say, which hold.
    pub proofs: InnerProofs,
    pub cycle_limit: u64,
    pub gas_limit: u64,
}

/// How a guest run ended.
#[derive(Default)]
pub struct Executed {
    /// `None` when the guest halted with exit code 0 within its limits and a proof of it can hold.
    pub cause: Option<Cause>,
    /// Says more than the cause: why no verifier would accept a proof.
    pub breach: Option<Breach>,
    /// As the guest gave it to HALT, all 64 bits.
    pub exit_code: u64,
    pub cycles: u64,
    pub gas: u64,
    pub public_values: Vec<u8>,
}

impl Executed {
    pub fn answer(&self) -> Vec<u8> {
        Answer::new(100)
            .u32(self.cause.map_or(0, |cause| cause as u32))
            .u64(self.exit_code)
            .u64(self.cycles)
            .u64(self.gas)
            .sized(&self.public_values)
            .raw(&Sha256::digest(&self.public_values))
            .text(self.breach.map_or_else(|| self.cause.map_or("", Cause::sentence), Breach::sentence))
            .done()
    }
}

/// SP1's options, with the guest's memory held to what this machine can give now.
pub fn options() -> SP1CoreOpts {
    let mut options = SP1CoreOpts::default();
    let available = memory::read().available;
    if available > 0 {
        options.memory_limit = options.memory_limit.min(available / 100 * GUEST_MEMORY_PERCENT);
    }
    options
}

/// Runs the guest. `Err` is a fault of the request or the host; a fault of the guest is an `Executed` with a cause.
pub async fn execute(guests: &GuestSlot, execution: Execution, progress: &Progress) -> Result<Executed, Failure> {
    let Execution { program, stdin, proofs, cycle_limit, gas_limit } = execution;
    let turn = guests.take(cycle_limit).await;
    let control = turn.control;
    progress.enter(Stage::Executing, 0);

    let options = options();
    let replay = replay::start(&program, &options);
    let (metered, handles) = mpsc::unbounded_channel();
    let guest = tokio::task::spawn_blocking({
        let program = program.clone();
        move || run_guest(program, stdin.buffer, &options, &replay, &metered)
    });
    let report = tokio::select! {
        report = meter(handles, gas_limit, || control.kill_child()) => report,
        () = watch_cycles(|| progress.cycles(control.cycles())) => unreachable!("watches for ever"),
    };
    let end = guest.await.map_err(|_| Failure::internal("SP1's executor panicked."))?;

    let failed = |cause| Executed { cause: Some(cause), cycles: control.cycles(), ..Executed::default() };
    let (report, conduct) = match report {
        Metered::Complete(report, conduct) => (report, conduct),
        Metered::OverGas(gas) => return Ok(Executed { gas, ..failed(Cause::ExceededGasLimit) }),
        // The meter stops the guest when it gives up, so how the guest ended then says nothing, unless it had stopped
        // itself before. Where the executor's copy of a step panics, the guest used an address that it cannot have.
        Metered::Failed(error) => {
            return Cause::from_number(control.stop()).map_or_else(|| Cause::of_execution(&error), Ok).map(failed)
        }
        Metered::Panicked => {
            return Ok(failed(Cause::from_number(control.stop()).unwrap_or(Cause::InvalidMemoryAccess)))
        }
    };
    let Ended { public_values, is_input_misplaced } = match end {
        Ok(ended) => ended,
        Err(error) => {
            return match control.stop() {
                STOP_OUT_OF_SHARED_MEMORY => Err(Failure::new(
                    Code::OutOfMemory,
                    "The guest's shared memory could not grow: /dev/shm is full (in a container, see --shm-size).",
                )),
                stop => Cause::from_number(stop).map_or_else(|| Cause::of_execution(&error), Ok),
            }
            .map(|cause| failed(exactly(cause, &program)));
        }
    };
    let cycles = report.total_instruction_count();
    let gas = report.gas().unwrap_or(0);
    progress.cycles(cycles);
    let cause = if report.exit_code != 0 {
        Some(Cause::HaltWithNonZeroExitCode)
    } else if cycles > cycle_limit {
        Some(Cause::ExceededCycleLimit)
    } else if gas > gas_limit {
        Some(Cause::ExceededGasLimit)
    } else {
        None
    };
    let breach = match (cause, conduct) {
        (None, _) if is_input_misplaced => Some(Breach::InputOverProgram),
        (None, Some(conduct)) if conduct.touched.is_overwritten() => Some(Breach::InputOverMemory),
        (None, Some(conduct)) => conduct.promises.breach(&public_values, &proofs),
        _ => None,
    };
    // The network has no name for such a guest; these are system calls in a way that SP1 does not allow.
    let cause = cause.or(breach.map(|_| Cause::InvalidSyscallUsage));
    let public_values = if cause.is_none() { public_values } else { Vec::new() };
    Ok(Executed { cause, breach, exit_code: report.exit_code, cycles, gas, public_values })
}

/// What is left of a guest that ran to its end.
struct Ended {
    public_values: Vec<u8>,
    is_input_misplaced: bool,
}

/// Runs the guest to its end, handing each chunk of its trace to those who look at it again. Blocks.
fn run_guest(
    program: Arc<Program>,
    input: Vec<Vec<u8>>,
    options: &SP1CoreOpts,
    replay: &Replay,
    metered: &mpsc::UnboundedSender<SubmitHandle<Replay>>,
) -> Result<Ended, ExecutionError> {
    // The chunk size is part of the gas model: gas counts memory anew in each chunk (sp1-core-executor opts.rs).
    let mut guest = MinimalExecutorRunner::new(
        program.clone(),
        false,
        Some(options.gas_trace_chunk_threshold),
        options.memory_limit,
        options.gas_trace_chunk_slots,
    );
    for buffer in input {
        guest.with_input(&buffer);
    }
    while let Some(chunk) = guest.try_execute_chunk()? {
        let handle = replay.blocking_submit(chunk).map_err(|error| ExecutionError::Other(error.to_string()))?;
        if metered.send(handle).is_err() {
            return Err(ExecutionError::Other("no longer wanted".to_owned()));
        }
    }
    let is_input_misplaced = reads_over_program(guest.hints(), program.memory_image.keys().copied());
    Ok(Ended { public_values: guest.into_public_values_stream(), is_input_misplaced })
}

async fn watch_cycles(look: impl Fn()) {
    loop {
        look();
        tokio::time::sleep(LOOK).await;
    }
}

/// SP1 raises one signal for two faults. A program without unknown instructions can only have met a breakpoint.
fn exactly(cause: Cause, program: &Program) -> Cause {
    let has = |opcode| program.instructions.iter().any(|instruction| instruction.opcode == opcode);
    if cause == Cause::Unimplemented && has(Opcode::EBREAK) && !has(Opcode::UNIMP) {
        Cause::Breakpoint
    } else {
        cause
    }
}
