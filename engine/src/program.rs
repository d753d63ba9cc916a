//! Programs that this process knows: decoded once, set up once, and named by the SHA-256 of their ELF.

use std::{
    collections::VecDeque,
    panic::{catch_unwind, AssertUnwindSafe},
    sync::{Arc, Mutex},
};

use sha2::{Digest, Sha256};
use sp1_core_executor::Program;
use tokio::sync::OnceCell;

use crate::{
    elf::{image_bytes, is_32_bit, LARGEST_IMAGE},
    failure::{Code, Failure},
    setup::{Keys, Setup},
    wire::Key,
};

/// Programs kept after use. One costs its ELF, its decoded form, and in the prove role its proving key.
const KEPT: usize = 8;

/// One program.
pub struct KnownProgram {
    pub key: Key,
    pub elf: Arc<[u8]>,
    pub program: Arc<Program>,
    keys: OnceCell<Keys>,
}

impl KnownProgram {
    /// The program's keys, made on the first call. Callers that come meanwhile wait for the same work.
    pub async fn keys(&self, setup: &Setup) -> &Keys {
        self.keys.get_or_init(|| setup.run(self.program.clone())).await
    }
}

/// The most recently used programs, the latest last.
#[derive(Default)]
pub struct Programs(Mutex<VecDeque<Arc<KnownProgram>>>);

impl Programs {
    /// Decodes `elf`, or finds it among those decoded before. Blocks for as long as decoding takes.
    pub fn load(&self, elf: &[u8]) -> Result<Arc<KnownProgram>, Failure> {
        let key: Key = Sha256::digest(elf).into();
        if let Some(known) = self.touch(&key) {
            return Ok(known);
        }
        let known =
            Arc::new(KnownProgram { key, elf: elf.into(), program: Arc::new(decode(elf)?), keys: OnceCell::new() });
        let mut programs = self.0.lock().expect("no panic while held");
        // Another request may have decoded the same program meanwhile; the first one stays.
        if let Some(known) = programs.iter().find(|known| known.key == key) {
            return Ok(known.clone());
        }
        programs.push_back(known.clone());
        if programs.len() > KEPT {
            programs.pop_front();
        }
        Ok(known)
    }

    fn touch(&self, key: &Key) -> Option<Arc<KnownProgram>> {
        let mut programs = self.0.lock().expect("no panic while held");
        let at = programs.iter().position(|known| known.key == *key)?;
        let known = programs.remove(at)?;
        programs.push_back(known.clone());
        Some(known)
    }
}

fn decode(elf: &[u8]) -> Result<Program, Failure> {
    let not_loadable = || Failure::new(Code::MalformedProgram, "The program is not a RISC-V ELF that SP1 can load.");
    if is_32_bit(elf) {
        return Err(Failure::new(
            Code::MalformedProgram,
            "The program is a 32-bit ELF, as SP1 before 6 made them. Build it with SP1 6.",
        ));
    }
    match image_bytes(elf) {
        Some(0..=LARGEST_IMAGE) => {}
        Some(_) => {
            return Err(Failure::new(
                Code::MalformedProgram,
                format!("The program's segments ask for more than {} MiB of memory.", LARGEST_IMAGE >> 20),
            ))
        }
        None => return Err(not_loadable()),
    }
    // SP1 panics on instructions that it cannot decode (`Cannot decode instruction`).
    match catch_unwind(AssertUnwindSafe(|| Program::from(elf))) {
        Ok(Ok(program)) => Ok(program),
        Ok(Err(_)) => Err(not_loadable()),
        Err(_) => Err(Failure::new(
            Code::MalformedProgram,
            "The program holds bytes in executable memory that SP1 cannot decode as instructions.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_program_are_refused_without_a_panic() {
        let programs = Programs::default();
        let mut header_only = vec![0u8; 64];
        header_only[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        for elf in [&b""[..], b"\x7fELF", b"not an elf at all", &header_only] {
            let refused = programs.load(elf).map(|known| known.key);
            assert_eq!(refused.unwrap_err().code, Code::MalformedProgram);
        }
    }
}
