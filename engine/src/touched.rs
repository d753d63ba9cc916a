//! Which memory a guest has used, to see whether input was read over it. A hint puts its words into memory as if they
//! had never been used, so a word that is used for the first time twice was overwritten; SP1's proof of memory has room
//! for one first time only.

use sp1_core_executor::{CompressedMemory, ExecutionMode, GasEstimatingVM, Instruction};

pub struct Touched {
    words: CompressedMemory,
    is_overwritten: bool,
}

impl Default for Touched {
    fn default() -> Self {
        Self { words: CompressedMemory::new(), is_overwritten: false }
    }
}

impl Touched {
    /// Takes note of a load or a store that is about to be made. Accesses of precompiles go unnoticed.
    pub fn note<M: ExecutionMode>(&mut self, vm: &GasEstimatingVM<'_, M>, instruction: &Instruction) {
        let reads = &vm.core.mem_reads;
        // SAFETY: the head of a sequence that is not empty. Its clock is that of the last use, zero before the first.
        if reads.is_empty() || unsafe { (*reads.head_raw()).clk } != 0 {
            return;
        }
        let (base, offset) = if instruction.is_memory_load_instruction() {
            let (_, base, offset) = instruction.i_type();
            (base, offset)
        } else {
            let (_, base, offset) = instruction.s_type();
            (base, offset)
        };
        let at = vm.core.registers()[base as usize].value.wrapping_add(offset);
        self.is_overwritten |= self.words.insert(at & !7, true);
    }

    pub fn merge(&mut self, other: &Self) {
        self.is_overwritten |= other.is_overwritten;
        for at in other.words.is_set() {
            self.is_overwritten |= self.words.insert(at, true);
        }
    }

    pub fn is_overwritten(&self) -> bool {
        self.is_overwritten
    }
}
