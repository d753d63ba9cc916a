//! The second look at a running guest, chunk by chunk of its trace: gas, as SP1's own estimator counts it, what the
//! guest promises to the verifier, and which memory it uses. The steps are those of `GasEstimatingVM::execute` (sp1-core-executor,
//! estimating.rs), which keeps the arguments of system calls to itself.

use std::sync::Arc;

use slop_futures::pipeline::{AsyncEngine, AsyncWorker};
use sp1_core_executor::{
    CycleResult, ExecutionError, ExecutionReport, GasEstimatingVM, GasEstimatingVMEnum, Instruction, Program, Register,
    SP1CoreOpts, SupervisorMode,
};
use sp1_jit::TraceChunkRaw;
use sp1_prover::worker::SP1ExecutorConfig;

use crate::{promises::Promises, touched::Touched};

/// What one chunk adds to the whole.
pub struct Replayed {
    pub report: ExecutionReport,
    /// `None` for a program that may change its own code: it is not watched.
    pub conduct: Option<Conduct>,
}

/// What decides, beside its public values and its input, whether a proof of a guest can hold.
#[derive(Default)]
pub struct Conduct {
    pub promises: Promises,
    pub touched: Touched,
}

impl Conduct {
    /// Takes in another part of the same run, in whatever order.
    pub fn merge(&mut self, other: &Self) {
        self.promises.merge(&other.promises);
        self.touched.merge(&other.touched);
    }
}

pub type Replay = AsyncEngine<TraceChunkRaw, Result<Replayed, ExecutionError>, Replayer>;

pub struct Replayer {
    program: Arc<Program>,
    options: SP1CoreOpts,
}

/// As many workers, and as much work ahead, as SP1 has for its own estimator.
pub fn start(program: &Arc<Program>, options: &SP1CoreOpts) -> Replay {
    let config = SP1ExecutorConfig::default();
    let workers = (0..config.num_gas_executors)
        .map(|_| Replayer { program: program.clone(), options: options.clone() })
        .collect();
    AsyncEngine::new(workers, config.gas_executor_buffer_size)
}

impl AsyncWorker<TraceChunkRaw, Result<Replayed, ExecutionError>> for Replayer {
    async fn call(&self, chunk: TraceChunkRaw) -> Result<Replayed, ExecutionError> {
        // Gas does not depend on the nonce.
        match GasEstimatingVMEnum::new(&chunk, self.program.clone(), [0; 4], self.options.clone()) {
            GasEstimatingVMEnum::Supervisor(mut vm) => watch(&mut vm),
            GasEstimatingVMEnum::User(mut vm) => Ok(Replayed { report: vm.execute()?, conduct: None }),
        }
    }
}

fn watch(vm: &mut GasEstimatingVM<'_, SupervisorMode>) -> Result<Replayed, ExecutionError> {
    let mut conduct = Conduct::default();
    let mut is_going_on = !vm.core.is_done();
    while is_going_on {
        let instruction = vm.core.fetch();
        if instruction.is_ecall_instruction() {
            let [index, word] = [Register::X10, Register::X11].map(|name| vm.core.registers()[name as usize].value);
            conduct.promises.hear(vm.core.read_code(), index, word);
        } else if instruction.is_memory_load_instruction() || instruction.is_memory_store_instruction() {
            conduct.touched.note(vm, &instruction);
        }
        step(vm, &instruction)?;
        is_going_on = matches!(vm.core.advance(), CycleResult::Done(false));
    }
    Ok(Replayed { report: vm.gas_calculator.generate_report(), conduct: Some(conduct) })
}

fn step(vm: &mut GasEstimatingVM<'_, SupervisorMode>, instruction: &Instruction) -> Result<(), ExecutionError> {
    if instruction.is_alu_instruction() {
        vm.execute_alu(instruction);
    } else if instruction.is_memory_load_instruction() {
        vm.execute_load(instruction)?;
    } else if instruction.is_memory_store_instruction() {
        vm.execute_store(instruction)?;
    } else if instruction.is_branch_instruction() {
        vm.execute_branch(instruction);
    } else if instruction.is_jump_instruction() {
        vm.execute_jump(instruction);
    } else if instruction.is_utype_instruction() {
        vm.execute_utype(instruction);
    } else if instruction.is_ecall_instruction() {
        vm.execute_ecall(instruction)?;
    } else {
        unreachable!("the guest stops at {:?} by itself", instruction.opcode);
    }
    Ok(())
}
