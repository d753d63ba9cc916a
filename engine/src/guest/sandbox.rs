//! Puts our own binary where SP1 looks for its guest runner. SP1 unpacks a helper into the temporary folder and
//! trusts any file that already has its name; a private folder and a link to ourselves close both holes.

use std::{
    fs, io,
    os::unix::fs::{symlink, DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use sp1_core_executor::{Instruction, Opcode, Program};
use sp1_core_executor_runner::MinimalExecutorRunner;

/// How SP1 names its helper; the rest of the name is a hash that only SP1 knows.
pub const RUNNER_PREFIX: &str = "sp1-native-runner-bin-";

/// Makes the private folder empty, points the temporary folder at it, and plants the link.
/// Call before any thread starts: it changes the environment.
pub fn install(folder: &Path) -> io::Result<()> {
    match fs::symlink_metadata(folder) {
        Ok(found) => {
            // SAFETY: plain system call.
            let user = unsafe { libc::geteuid() };
            if !found.is_dir() || found.uid() != user {
                return Err(io::Error::other("the private folder beside the socket belongs to someone else"));
            }
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
        Err(_) => fs::DirBuilder::new().mode(0o700).create(folder)?,
    }
    for entry in fs::read_dir(folder)? {
        fs::remove_file(entry?.path())?;
    }
    std::env::set_var("TMPDIR", folder);
    // The name is known only once SP1 has unpacked its helper, so let it run the shortest guest there is.
    MinimalExecutorRunner::simple(Arc::new(halt()))
        .try_execute_chunk()
        .map_err(|error| io::Error::other(format!("the first guest did not run: {error}")))?;
    let helper = find_helper(folder)?;
    fs::remove_file(&helper)?;
    symlink("/proc/self/exe", helper)
}

/// One `ecall` with every register zero: HALT with exit code 0.
fn halt() -> Program {
    let start = 0x7800_0000;
    Program::new(vec![Instruction::new(Opcode::ECALL, 5, 10, 11, false, false)], start, start)
}

fn find_helper(folder: &Path) -> io::Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(RUNNER_PREFIX) {
            return Ok(entry.path());
        }
    }
    Err(io::Error::other("SP1 did not unpack its guest runner where it was told to"))
}
