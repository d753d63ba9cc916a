//! A process of this family never outlives the one that started it: the kernel's death signal on Linux, and end of
//! file on standard input, which is a pipe from the parent.

use std::io::Read;

/// Asks the kernel to kill this process when `parent` goes, and leaves at once if it has gone already.
///
/// The signal follows the *thread* that started this process, so that thread must live as long as its process.
pub fn die_with(parent: i32) {
    // SAFETY: plain system calls.
    let orphan = unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::getppid() != parent
    };
    if orphan {
        std::process::exit(1);
    }
}

/// Calls `leave` when standard input ends. What the parent writes there is ignored.
pub fn on_standard_input_end(leave: impl FnOnce() + Send + 'static) {
    std::thread::spawn(move || {
        let mut ignored = [0u8; 256];
        let mut stdin = std::io::stdin().lock();
        while !matches!(stdin.read(&mut ignored), Ok(0) | Err(_)) {}
        leave();
    });
}
