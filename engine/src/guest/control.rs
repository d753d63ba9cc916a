//! One page of memory shared between the engine and the guest's process: the limit on the way in, the cycles
//! and the cause of a stop on the way out. It is inherited as an open descriptor, so no name leads to it.

use std::{
    os::fd::RawFd,
    sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering::SeqCst},
};

/// Where the page is inherited: above everything the engine opens itself, below the usual limit of 1024.
const CONTROL_FD: RawFd = 900;

/// Why the guest's process stopped itself; 0 while it has not. Values below 100 are the network's causes.
pub const STOP_OUT_OF_SHARED_MEMORY: u32 = 100;

#[repr(C)]
pub struct Control {
    engine: AtomicI32,
    child: AtomicI32,
    stop: AtomicU32,
    cycle_limit: AtomicU64,
    cycles: AtomicU64,
}

impl Control {
    /// Creates the page in the engine. Call once, before the first guest.
    pub fn create() -> std::io::Result<&'static Self> {
        // SAFETY: plain system calls on a descriptor that this function owns.
        let control = unsafe {
            let fd = libc::memfd_create(c"engine-control".as_ptr(), libc::MFD_CLOEXEC);
            if fd < 0
                || libc::ftruncate(fd, size_of::<Self>() as libc::off_t) < 0
                // dup2 clears close-on-exec: this descriptor is the one the guest's process inherits.
                || libc::dup2(fd, CONTROL_FD) < 0
            {
                return Err(std::io::Error::last_os_error());
            }
            libc::close(fd);
            Self::map().ok_or_else(std::io::Error::last_os_error)?
        };
        control.engine.store(std::process::id() as i32, SeqCst);
        Ok(control)
    }

    /// Finds the page in the guest's process.
    pub fn inherit() -> Option<&'static Self> {
        // SAFETY: mapping fails cleanly when the descriptor is not there.
        unsafe { Self::map() }
    }

    unsafe fn map() -> Option<&'static Self> {
        let page = libc::mmap(
            std::ptr::null_mut(),
            size_of::<Self>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            CONTROL_FD,
            0,
        );
        // The mapping is never undone, and every bit pattern is a valid Control.
        (page != libc::MAP_FAILED).then(|| &*page.cast())
    }

    pub fn begin(&self, cycle_limit: u64) {
        self.child.store(0, SeqCst);
        self.stop.store(0, SeqCst);
        self.cycles.store(0, SeqCst);
        self.cycle_limit.store(cycle_limit, SeqCst);
    }

    /// Kills and reaps the child of this turn, if SP1 has not done so.
    pub fn end_child(&self) {
        let child = self.child.swap(0, SeqCst);
        if child > 0 {
            // SAFETY: plain system calls; the pid is ours until it is reaped here or by SP1 before.
            unsafe {
                if libc::waitpid(child, std::ptr::null_mut(), libc::WNOHANG) == 0 {
                    libc::kill(child, libc::SIGKILL);
                    libc::waitpid(child, std::ptr::null_mut(), 0);
                }
            }
        }
    }

    /// Makes a guest that is still running stop; SP1 notices within 100 ms.
    pub fn kill_child(&self) {
        let child = self.child.load(SeqCst);
        if child > 0 {
            // SAFETY: plain system call.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
    }

    pub fn engine(&self) -> i32 {
        self.engine.load(SeqCst)
    }

    pub fn announce(&self, child: i32) {
        self.child.store(child, SeqCst);
    }

    pub fn cycle_limit(&self) -> u64 {
        self.cycle_limit.load(SeqCst)
    }

    /// Cycles of the guest so far, as last sampled.
    pub fn cycles(&self) -> u64 {
        self.cycles.load(SeqCst)
    }

    pub fn record_cycles(&self, cycles: u64) {
        self.cycles.store(cycles, SeqCst);
    }

    pub fn stop(&self) -> u32 {
        self.stop.load(SeqCst)
    }

    /// The first cause stays: what follows is a consequence.
    pub fn record_stop(&self, cause: u32) {
        let _ = self.stop.compare_exchange(0, cause, SeqCst, SeqCst);
    }
}
