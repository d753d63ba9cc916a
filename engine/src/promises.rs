//! What a guest promises to the verifier while it runs, and whether a proof of it can hold. SP1's executor runs guests
//! whose proofs no verifier accepts: that shows only when a proof has been made. The rules are those of sp1-prover's
//! verify.rs and of the COMMIT constraints in sp1-core-machine's syscall/instructions/air.rs.

use slop_algebra::PrimeField32;
use sp1_core_executor::SyscallCode;
use sp1_primitives::{
    io::{blake3_hash, sha256_hash},
    SP1Field,
};

/// Words of a digest, as the system calls number them.
const WORDS: usize = 8;

/// The digest over the proofs inside an input, and how many there are.
pub struct InnerProofs {
    pub count: usize,
    pub digest: [u32; WORDS],
}

impl InnerProofs {
    /// Of an input without proofs.
    pub const NONE: Self = Self { count: 0, digest: [0; WORDS] };
}

/// Why no verifier would accept a proof of this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    NothingCommitted,
    CommittedTwice,
    OtherPublicValues,
    NoWordOnProofs,
    ClaimsProofs,
    OtherProofs,
    InputOverProgram,
    InputOverMemory,
}

impl Breach {
    /// Two sentences for the requester. They hold nothing of the guest's data.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NothingCommitted => {
                "The guest never committed to its public values. Every guest ends with COMMIT, which SP1's entrypoint does for it."
            }
            Self::CommittedTwice => {
                "The guest committed to two digests of its public values. No proof can hold more than one."
            }
            Self::OtherPublicValues => {
                "The guest committed to another digest than that of the public values which it wrote. No verifier accepts such a proof."
            }
            Self::NoWordOnProofs => {
                "The guest ended without COMMIT_DEFERRED_PROOFS. Every guest makes that call, also one that verifies no proofs."
            }
            Self::ClaimsProofs => {
                "The guest claims to have verified proofs, and its input holds none. Give them with write_proof."
            }
            Self::OtherProofs => {
                "The guest claims to have verified other proofs than those in its input. All of them count, in their order."
            }
            Self::InputOverMemory => {
                "The guest read its input over memory that it had used before. Only memory that was never used may take it."
            }
            Self::InputOverProgram => {
                "The guest read its input into memory that belongs to its program. Only memory that was never used may take it."
            }
        }
    }
}

/// The words that a guest gave for one digest; each must be the same whenever it is given.
#[derive(Debug, Default, Clone, Copy)]
struct Digest {
    words: [Option<u32>; WORDS],
    is_contradicted: bool,
}

impl Digest {
    fn say(&mut self, index: u64, word: Option<u32>) {
        match (usize::try_from(index).ok().and_then(|index| self.words.get_mut(index)), word) {
            (Some(said), Some(word)) => {
                self.is_contradicted |= said.is_some_and(|before| before != word);
                *said = Some(word);
            }
            _ => self.is_contradicted = true,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.is_contradicted |= other.is_contradicted;
        for (index, word) in other.words.iter().enumerate() {
            if word.is_some() {
                self.say(index as u64, *word);
            }
        }
    }

    fn is_unsaid(&self) -> bool {
        !self.is_contradicted && self.words.iter().all(Option::is_none)
    }

    /// What the proof will hold: a word that was never given is zero.
    fn value(&self) -> [u32; WORDS] {
        self.words.map(Option::unwrap_or_default)
    }
}

/// What was heard of one run, or of a part of it. Parts may be merged in any order.
#[derive(Debug, Default, Clone, Copy)]
pub struct Promises {
    public_values: Digest,
    proofs: Digest,
}

impl Promises {
    /// Takes note of one system call and its first two arguments.
    pub fn hear(&mut self, call: SyscallCode, index: u64, word: u64) {
        match call {
            SyscallCode::COMMIT => self.public_values.say(index, u32::try_from(word).ok()),
            SyscallCode::COMMIT_DEFERRED_PROOFS => {
                // The proof holds an element of the field, so words are compared as such.
                self.proofs.say(index, u32::try_from(word).ok().map(|word| word % SP1Field::ORDER_U32));
            }
            _ => {}
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.public_values.merge(&other.public_values);
        self.proofs.merge(&other.proofs);
    }

    /// The first reason why a proof of the whole run cannot hold.
    pub fn breach(&self, public_values: &[u8], proofs: &InnerProofs) -> Option<Breach> {
        if self.public_values.is_unsaid() {
            return Some(Breach::NothingCommitted);
        }
        if self.public_values.is_contradicted {
            return Some(Breach::CommittedTwice);
        }
        let committed: Vec<u8> = self.public_values.value().iter().flat_map(|word| word.to_le_bytes()).collect();
        if committed != sha256_hash(public_values) && committed != blake3_hash(public_values) {
            return Some(Breach::OtherPublicValues);
        }
        if self.proofs.is_unsaid() {
            return Some(Breach::NoWordOnProofs);
        }
        if self.proofs.is_contradicted || self.proofs.value() != proofs.digest {
            return Some(if proofs.count == 0 { Breach::ClaimsProofs } else { Breach::OtherProofs });
        }
        None
    }
}

/// Whether an input buffer was read over words of the program's image. Those are initialised by the verifying key
/// already, so the memory of the proof cannot add up.
pub fn reads_over_program(inputs: &[(u64, Vec<u8>)], mut image: impl Iterator<Item = u64>) -> bool {
    let mut spans: Vec<(u64, u64)> = Vec::new();
    let mut sorted: Vec<_> = inputs.iter().map(|(at, bytes)| (*at, at.saturating_add(bytes.len() as u64))).collect();
    sorted.sort_unstable();
    for (from, to) in sorted {
        match spans.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => spans.push((from, to)),
        }
    }
    image.any(|word| {
        let beginning_before = spans.partition_point(|&(from, _)| from < word.saturating_add(8));
        spans[..beginning_before].last().is_some_and(|&(_, to)| to > word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_PROOFS: InnerProofs = InnerProofs::NONE;

    fn commit(to: &mut Promises, digest: &[u8]) {
        for (index, word) in digest.chunks(4).enumerate() {
            let word = u32::from_le_bytes(word.try_into().unwrap());
            to.hear(SyscallCode::COMMIT, index as u64, word.into());
        }
    }

    fn defer(to: &mut Promises, digest: &[u32; WORDS]) {
        for (index, word) in digest.iter().enumerate() {
            to.hear(SyscallCode::COMMIT_DEFERRED_PROOFS, index as u64, (*word).into());
        }
    }

    fn honest(digest: &[u8]) -> Promises {
        let mut promises = Promises::default();
        commit(&mut promises, digest);
        defer(&mut promises, &[0; WORDS]);
        promises
    }

    #[test]
    fn guests_of_either_hash_pass() {
        for values in [&b""[..], b"some public values"] {
            assert_eq!(honest(&sha256_hash(values)).breach(values, &NO_PROOFS), None);
            assert_eq!(honest(&blake3_hash(values)).breach(values, &NO_PROOFS), None);
        }
    }

    #[test]
    fn a_digest_of_other_values_is_a_breach() {
        assert_eq!(honest(&sha256_hash(b"a")).breach(b"b", &NO_PROOFS), Some(Breach::OtherPublicValues));
        let mut half = Promises::default();
        commit(&mut half, &sha256_hash(b"a")[..16]);
        assert_eq!(half.breach(b"a", &NO_PROOFS), Some(Breach::OtherPublicValues));
    }

    #[test]
    fn a_digest_that_was_changed_is_a_breach_although_the_last_one_is_right() {
        let mut promises = Promises::default();
        commit(&mut promises, &sha256_hash(b"before"));
        commit(&mut promises, &sha256_hash(b"a"));
        defer(&mut promises, &[0; WORDS]);
        assert_eq!(promises.breach(b"a", &NO_PROOFS), Some(Breach::CommittedTwice));
        let mut again = honest(&sha256_hash(b"a"));
        again.merge(&honest(&sha256_hash(b"a")));
        assert_eq!(again.breach(b"a", &NO_PROOFS), None);
    }

    #[test]
    fn silence_is_a_breach() {
        assert_eq!(Promises::default().breach(b"", &NO_PROOFS), Some(Breach::NothingCommitted));
        let mut promises = Promises::default();
        commit(&mut promises, &sha256_hash(b"a"));
        assert_eq!(promises.breach(b"a", &NO_PROOFS), Some(Breach::NoWordOnProofs));
    }

    #[test]
    fn claims_about_proofs_must_be_those_of_the_input() {
        let digest = [1, 2, 3, 4, 5, 6, 7, 8];
        let two = InnerProofs { count: 2, digest };
        let mut promises = Promises::default();
        commit(&mut promises, &sha256_hash(b"a"));
        defer(&mut promises, &digest);
        assert_eq!(promises.breach(b"a", &two), None);
        assert_eq!(promises.breach(b"a", &NO_PROOFS), Some(Breach::ClaimsProofs));
        assert_eq!(honest(&sha256_hash(b"a")).breach(b"a", &two), Some(Breach::OtherProofs));
    }

    #[test]
    fn calls_that_no_proof_can_hold_are_a_breach() {
        for (index, word) in [(8, 0), (u64::MAX, 0), (0, 1 << 32)] {
            let mut promises = honest(&sha256_hash(b"a"));
            promises.hear(SyscallCode::COMMIT_DEFERRED_PROOFS, index, word);
            assert_eq!(promises.breach(b"a", &NO_PROOFS), Some(Breach::ClaimsProofs), "{index} {word}");
        }
        let mut promises = honest(&sha256_hash(b"a"));
        promises.hear(SyscallCode::COMMIT_DEFERRED_PROOFS, 0, SP1Field::ORDER_U32.into());
        assert_eq!(promises.breach(b"a", &NO_PROOFS), None);
    }

    #[test]
    fn input_may_lie_beside_the_program_and_not_on_it() {
        let reads = |inputs: &[(u64, usize)]| {
            let inputs: Vec<_> = inputs.iter().map(|&(at, size)| (at, vec![1; size])).collect();
            reads_over_program(&inputs, [64, 72, 128].into_iter())
        };
        for inputs in [&[(64, 1)][..], &[(56, 9)], &[(0, 4096)], &[(128, 8)], &[(40, 64), (40, 8)], &[(0, 8), (72, 1)]]
        {
            assert!(reads(inputs), "{inputs:?}");
        }
        for inputs in [&[][..], &[(56, 8)], &[(80, 48)], &[(136, 100)], &[(64, 0)], &[(0, 8), (80, 8), (80, 8)]] {
            assert!(!reads(inputs), "{inputs:?}");
        }
    }
}
