//! The guest's process: takes a program and its input from the engine, compiles it, runs it, and streams the trace
//! back through shared memory. The same steps as SP1's own helper (sp1-core-executor-runner-binary, main.rs), plus
//! a cycle limit, an early unlink of the shared memory, and silence.

use std::{
    ffi::CString,
    io::{self, BufReader, BufWriter, Write},
    ops::DerefMut,
    path::Path,
};

use sp1_core_executor::{MinimalTranspiler, HALT_PC};
use sp1_core_executor_runner_binary::{Input, Output};
use sp1_jit::{memory::SharedMemory, shm::ShmTraceRing, trace_capacity, TraceChunkHeader};

use super::{control::Control, sandbox::RUNNER_PREFIX, watch};
use crate::{cause::Cause, parent};

/// Whether this process was started by SP1 as its guest runner.
pub fn is_wanted(program_name: &str) -> bool {
    Path::new(program_name).file_name().is_some_and(|name| name.to_string_lossy().starts_with(RUNNER_PREFIX))
}

/// Runs one guest and exits: 0 after a normal end, whatever the guest's own exit code was.
pub fn run() -> ! {
    let Some(control) = Control::inherit() else { std::process::exit(2) };
    parent::die_with(control.engine());
    control.announce(std::process::id() as i32);
    drop_output();
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        watch::stop(Cause::of_runner_panic(text) as u32)
    }));

    let input: Input =
        bincode::deserialize_from(&mut BufReader::new(io::stdin().lock())).expect("the engine sends the guest");
    let transpiler = MinimalTranspiler::new(input.max_memory_size, input.is_debug, input.max_trace_size);
    let mut compiled = transpiler.transpile::<SharedMemory>(input.program.as_ref());
    compiled.memory.open_readwrite(&input.id).expect("the engine made the guest's memory");
    let ring = transpiler.tracing().then(|| {
        ShmTraceRing::open(&input.id, input.shm_slot_size, trace_capacity(input.max_trace_size))
            .expect("the engine made the trace ring")
    });
    unlink_shared_memory(&input.id);
    // From here on a wild address is the guest's fault, also one in its initial memory.
    watch::start(control, ring.clone());
    compiled.with_initial_memory_image(input.program.memory_image.clone());
    compiled.set_input_buffer(input.input);

    if let Some(ring) = ring {
        while compiled.pc != HALT_PC {
            let mut slot = ring.acquire();
            let trace = slot.deref_mut().as_mut_ptr();
            // SAFETY: as in SP1's helper. A reused slot needs a zero header; the rest is overwritten.
            unsafe {
                std::ptr::write_bytes(trace.cast::<TraceChunkHeader>(), 0, 1);
                compiled.call(trace);
            }
            control.record_cycles(compiled.global_clk);
            if compiled.global_clk > control.cycle_limit() {
                watch::stop(Cause::ExceededCycleLimit as u32);
            }
        }
        ring.mark_finished();
    } else {
        // SAFETY: as in SP1's helper; without tracing there is no trace buffer.
        unsafe { compiled.call(std::ptr::null_mut()) };
    }

    let output = Output {
        public_values_stream: compiled.public_values_stream,
        hints: compiled.hints,
        global_clk: compiled.global_clk,
        clk: compiled.clk,
        exit_code: compiled.exit_code,
        public_value_digest: compiled.public_value_digest,
    };
    let mut writer = BufWriter::new(io::stdout().lock());
    let sent = bincode::serialize_into(&mut writer, &output).is_ok() && writer.flush().is_ok();
    std::process::exit(if sent { 0 } else { 3 })
}

/// Guest output goes to standard error as text. It may hold secrets, so it ends here.
fn drop_output() {
    // SAFETY: plain system calls.
    unsafe {
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY);
        if null < 0 || libc::dup2(null, libc::STDERR_FILENO) < 0 {
            libc::_exit(2);
        }
    }
}

/// Both sides have the memory open now. Without its names, the kernel frees it when both are gone, however they go.
fn unlink_shared_memory(id: &str) {
    for suffix in ["_m", "_t"] {
        let name = CString::new(format!("/{id}{suffix}")).expect("an id has no zero byte");
        // SAFETY: plain system call; a missing name is fine.
        unsafe { libc::shm_unlink(name.as_ptr()) };
    }
    for suffix in ["_t_filled", "_t_empty"] {
        let name = CString::new(format!("/{id}{suffix}")).expect("an id has no zero byte");
        // SAFETY: plain system call; a missing name is fine.
        unsafe { libc::sem_unlink(name.as_ptr()) };
    }
}
