//! What a running request has done so far: counts only, written by the work and read by the connection.

use std::sync::{
    atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    Arc,
};

use crate::wire::Answer;

/// Stages of docs/engine-protocol.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Stage {
    Loading = 1,
    SettingUp = 2,
    Executing = 3,
    ProvingShards = 4,
    Compressing = 5,
    Shrinking = 6,
    Wrapping = 7,
}

/// Shared counters of one request. Cheap to clone.
#[derive(Clone, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Default)]
struct Counters {
    stage: AtomicU32,
    done: AtomicU64,
    total: AtomicU64,
    cycles: AtomicU64,
}

impl Progress {
    /// Enters a stage; a stage never goes back, so tasks that overlap cannot make the line jump.
    pub fn enter(&self, stage: Stage, total: u64) {
        if self.0.stage.fetch_max(stage as u32, Relaxed) < stage as u32 {
            self.0.done.store(0, Relaxed);
            self.0.total.store(total, Relaxed);
        }
    }

    /// Sets the counts, if `stage` is still the current one.
    pub fn count(&self, stage: Stage, done: u64, total: u64) {
        if self.0.stage.load(Relaxed) == stage as u32 {
            self.0.done.store(done, Relaxed);
            self.0.total.store(total, Relaxed);
        }
    }

    pub fn cycles(&self, cycles: u64) {
        self.0.cycles.store(cycles, Relaxed);
    }

    /// The frame to send, or `None` before the first stage.
    pub fn frame(&self) -> Option<Vec<u8>> {
        let stage = self.0.stage.load(Relaxed);
        (stage != 0).then(|| {
            Answer::new(110)
                .u32(stage)
                .u64(self.0.done.load(Relaxed))
                .u64(self.0.total.load(Relaxed))
                .u64(self.0.cycles.load(Relaxed))
                .done()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_never_goes_back() {
        let progress = Progress::default();
        assert_eq!(progress.frame(), None);
        progress.enter(Stage::ProvingShards, 4);
        progress.enter(Stage::Executing, 9);
        progress.count(Stage::Executing, 9, 9);
        progress.count(Stage::ProvingShards, 1, 4);
        progress.cycles(77);
        assert_eq!(progress.frame(), Some(Answer::new(110).u32(4).u64(1).u64(4).u64(77).done()));
    }
}
