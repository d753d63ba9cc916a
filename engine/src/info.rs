//! What this process is and what the machine has left, for admission and diagnosis.

use sp1_prover::SP1_CIRCUIT_VERSION;

use crate::{args::Role, circuits, memory, wire::Answer};

/// Version of the SP1 crates this engine is built on; Cargo.toml pins them to exactly this.
pub const SP1_VERSION: &str = "6.10.0";

/// How far the prover has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum ProverState {
    None = 0,
    Loading = 1,
    Ready = 2,
}

/// The Info answer.
pub fn answer(role: Role, prover: ProverState) -> Vec<u8> {
    let memory = memory::read();
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    let circuits = if role == Role::Prove { circuits::available() } else { 0 };
    Answer::new(102)
        .text(SP1_VERSION)
        .text(SP1_CIRCUIT_VERSION)
        .u32(role as u32)
        .u32(cores)
        .u64(memory.total)
        .u64(memory.available)
        .u32(prover as u32)
        .u32(circuits)
        .done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_circuit_version_is_the_one_that_the_service_promises() {
        assert_eq!(SP1_CIRCUIT_VERSION, "v6.1.0");
    }

    #[test]
    fn the_lockfile_pins_every_sp1_crate_to_the_version_reported() {
        let lock = include_str!("../../Cargo.lock");
        let mut crates = 0;
        for package in lock.split("[[package]]") {
            let field = |name: &str| {
                package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'))
            };
            let Some(name) = field("name") else { continue };
            if name.starts_with("sp1-") || name.starts_with("slop-") {
                assert_eq!(field("version"), Some(SP1_VERSION), "{name}");
                crates += 1;
            }
        }
        assert!(crates > 20, "{crates} SP1 crates in the lockfile");
    }
}
