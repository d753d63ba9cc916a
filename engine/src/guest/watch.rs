//! Signal handlers of the guest's process. A timer on processor time reads the cycle counter out of the registers
//! of the compiled guest, because a loop that touches no memory never comes back to SP1 by itself.
//! Everything in a handler is async-signal-safe: atomics, a semaphore post, `_exit`.

use std::{
    ptr::null_mut,
    sync::{
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
        OnceLock,
    },
};

use libc::{c_int, c_void, siginfo_t, ucontext_t};
use sp1_jit::shm::ShmTraceRing;

use super::control::{Control, STOP_OUT_OF_SHARED_MEMORY};
use crate::cause::Cause;

/// Time between two looks, in microseconds of processor time. A limit is overrun by about two of them.
const TICK_MICROSECONDS: i64 = 20_000;

/// Two looks in a row must agree: between calls out of the compiled code the register holds other things.
const STRIKES: u32 = 2;

/// No guest makes this many cycles in one tick; a larger step means that the register held something else.
const LARGEST_STEP: u64 = 1 << 32;

/// One instruction moves SP1's clock by 8, a system call by 256 (sp1-core-executor). The clock also runs inside an
/// unconstrained block, where cycles do not count; past this multiple of the limit the guest is stopped too.
const CLOCK_PER_CYCLE: u64 = 257;

/// Above this the register holds a stack pointer, not the clock.
const LARGEST_CLOCK: u64 = 1 << 44;

struct Watched {
    control: &'static Control,
    ring: Option<ShmTraceRing>,
    /// Address ranges of the compiled guest.
    code: Vec<(u64, u64)>,
}

static WATCHED: OnceLock<Watched> = OnceLock::new();
static LAST_CYCLES: AtomicU64 = AtomicU64::new(0);
static STRUCK: AtomicU32 = AtomicU32::new(0);

/// Starts watching. Call after the guest is compiled and before it runs.
pub fn start(control: &'static Control, ring: Option<ShmTraceRing>) {
    let code = anonymous_code(&std::fs::read_to_string("/proc/self/maps").unwrap_or_default());
    if WATCHED.set(Watched { control, ring, code }).is_err() {
        return;
    }
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP] {
        handle(signal, on_crash, libc::SA_SIGINFO | libc::SA_ONSTACK);
    }
    // SA_RESTART: an interrupted semaphore wait would be taken for a free slot.
    handle(libc::SIGPROF, on_tick, libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART);
    let tick = libc::timeval { tv_sec: 0, tv_usec: TICK_MICROSECONDS };
    let timer = libc::itimerval { it_interval: tick, it_value: tick };
    // SAFETY: plain system call with a valid timer. The libc crate has no wrapper for setitimer on Linux.
    unsafe { libc::syscall(libc::SYS_setitimer, libc::ITIMER_PROF, &timer, null_mut::<libc::itimerval>()) };
}

/// Records why the guest stops and ends the process at once.
pub fn stop(cause: u32) -> ! {
    if let Some(control) = WATCHED.get().map(|watched| watched.control).or_else(Control::inherit) {
        control.record_stop(cause);
    }
    // SAFETY: ends the process without running anything else.
    unsafe { libc::_exit(70) }
}

fn handle(signal: c_int, handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void), flags: c_int) {
    // SAFETY: a zeroed sigaction is valid, and the handlers only do what a handler may.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = flags;
        libc::sigaction(signal, &action, null_mut());
    }
}

extern "C" fn on_tick(_signal: c_int, _about: *mut siginfo_t, context: *mut c_void) {
    let Some(watched) = WATCHED.get() else { return };
    // SAFETY: the kernel passes a ucontext to a handler installed with SA_SIGINFO.
    let registers = unsafe { (*context.cast::<ucontext_t>()).uc_mcontext.gregs };
    // The register conventions of sp1-jit (backends/x86/mod.rs): rsi counts cycles, r15 is the clock.
    let at = registers[libc::REG_RIP as usize] as u64;
    let cycles = registers[libc::REG_RSI as usize] as u64;
    let clock = registers[libc::REG_R15 as usize] as u64;
    if !watched.code.iter().any(|&(from, to)| (from..to).contains(&at)) {
        return;
    }
    let last = LAST_CYCLES.swap(cycles, Relaxed);
    if cycles < last || cycles - last > LARGEST_STEP {
        return;
    }
    watched.control.record_cycles(cycles);
    let limit = watched.control.cycle_limit();
    let over = cycles > limit
        || (clock < LARGEST_CLOCK && clock > limit.saturating_mul(CLOCK_PER_CYCLE).saturating_add(LARGEST_STEP));
    if !over {
        STRUCK.store(0, Relaxed);
    } else if STRUCK.fetch_add(1, Relaxed) + 1 >= STRIKES {
        stop(Cause::ExceededCycleLimit as u32);
    }
}

extern "C" fn on_crash(signal: c_int, about: *mut siginfo_t, _context: *mut c_void) {
    let cause = match signal {
        libc::SIGSEGV => Cause::InvalidMemoryAccess as u32,
        // SP1 raises SIGILL for EBREAK and for instructions it does not know.
        libc::SIGILL | libc::SIGTRAP => Cause::Unimplemented as u32,
        // The pages of shared memory could not be filled.
        libc::SIGBUS => STOP_OUT_OF_SHARED_MEMORY,
        _ => Cause::InvalidSyscallUsage as u32,
    };
    if let Some(watched) = WATCHED.get() {
        watched.control.record_stop(cause);
        if let Some(ring) = &watched.ring {
            // SAFETY: the kernel passes siginfo to a handler installed with SA_SIGINFO.
            ring.notify_crash(signal, unsafe { (*about).si_addr() } as u64, 0);
        }
    }
    stop(cause)
}

/// Executable mappings that no file stands behind: the compiled guest. The kernel's own page has a name.
fn anonymous_code(maps: &str) -> Vec<(u64, u64)> {
    maps.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (range, flags) = (words.next()?, words.next()?);
            let (_offset, _device, _inode) = (words.next()?, words.next()?, words.next()?);
            if !flags.contains('x') || words.next().is_some() {
                return None;
            }
            let (from, to) = range.split_once('-')?;
            Some((u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::anonymous_code;

    #[test]
    fn only_nameless_executable_mappings_are_guest_code() {
        let maps = "\
55d0c0000000-55d0c0100000 r-xp 00000000 08:01 42 /usr/bin/engine
7f0000000000-7f0000010000 r-xp 00000000 00:00 0 
7f0000020000-7f0000030000 rw-p 00000000 00:00 0 
7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0 [vdso]
garbage";
        assert_eq!(anonymous_code(maps), vec![(0x7f00_0000_0000, 0x7f00_0001_0000)]);
    }
}
