//! Circuit files for plonk and groth16. SP1 would download gigabytes when they are missing; this engine opens no
//! connection, so it looks first and says which folder to fill.

use std::path::{Path, PathBuf};

use sp1_prover::{
    build::{groth16_circuit_artifacts_dir, plonk_circuit_artifacts_dir, CIRCUIT_ARTIFACTS_URL_BASE},
    SP1_CIRCUIT_VERSION,
};

use crate::{
    failure::{Code, Failure},
    wire::Mode,
};

/// Bit mask of the wrapped modes that can be proven here: bit 3 plonk, bit 4 groth16.
pub fn available() -> u32 {
    [Mode::Plonk, Mode::Groth16].into_iter().filter(|&mode| require(mode).is_ok()).map(|mode| 1 << mode as u32).sum()
}

/// Fails when `mode` needs circuit files that are not there. Core and compressed need none.
pub fn require(mode: Mode) -> Result<(), Failure> {
    let (name, folder, variable) = match mode {
        Mode::Core | Mode::Compressed => return Ok(()),
        Mode::Plonk => ("plonk", plonk_circuit_artifacts_dir(), "SP1_PLONK_CIRCUIT_PATH"),
        Mode::Groth16 => ("groth16", groth16_circuit_artifacts_dir(), "SP1_GROTH16_CIRCUIT_PATH"),
    };
    let folder = folder.unwrap_or_else(|_| PathBuf::from(format!("${variable}/{SP1_CIRCUIT_VERSION}")));
    if !is_filled(&folder) {
        return Err(Failure::new(
            Code::CircuitFilesMissing,
            format!(
                "The {name} circuit files are missing. Fill {folder} with the contents of \
                 {CIRCUIT_ARTIFACTS_URL_BASE}/{SP1_CIRCUIT_VERSION}-{name}.tar.gz and an empty file .complete, or point \
                 {variable} at the folder that holds {SP1_CIRCUIT_VERSION}, and start the service again.",
                folder = folder.display(),
            ),
        ));
    }
    if !has_docker() {
        return Err(Failure::new(
            Code::CircuitFilesMissing,
            format!("The {name} circuit files are there, but SP1 runs its gnark prover through docker, which is not installed."),
        ));
    }
    Ok(())
}

/// SP1's own mark of a complete folder (sp1-prover build.rs); without it SP1 would start a download.
fn is_filled(folder: &Path) -> bool {
    folder.join(".complete").is_file()
}

fn has_docker() -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("docker").is_file()))
}
