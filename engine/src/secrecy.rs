//! Keeps the memory of this process to itself: the kernel writes no core dump of it, whatever the system's limits and
//! core pattern say, and no other process of the same user may look into it.

use std::io;

/// Call first of all, before anything of an input is read. The limit passes on to guests' processes, the mark does
/// not survive their start: each of them calls this too.
pub fn keep_memory_private() -> io::Result<()> {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain system calls. A core pattern that is a pipe ignores the limit; the mark stops that one too.
    // What this process reads of itself under /proc stays readable to it.
    let kept = unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) == 0 && libc::prctl(libc::PR_SET_DUMPABLE, 0) == 0 };
    if kept {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::keep_memory_private;

    #[test]
    fn no_core_dump_is_left_to_the_kernel() {
        keep_memory_private().unwrap();
        let mut limit = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
        // SAFETY: plain system calls.
        let mark = unsafe {
            libc::getrlimit(libc::RLIMIT_CORE, &mut limit);
            libc::prctl(libc::PR_GET_DUMPABLE)
        };
        assert_eq!((mark, limit.rlim_cur, limit.rlim_max), (0, 0, 0));
    }
}
