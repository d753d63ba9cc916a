//! Running guests. SP1's native executor compiles a guest to machine code and runs it in a child process; this
//! folder makes that child our own binary under another name, so that it dies with us, leaves nothing behind in
//! shared memory, drops what the guest prints, and stops at a cycle limit (docs/engine.md, "Guests").

pub mod control;
pub mod runner;
pub mod sandbox;
mod watch;

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use control::Control;

/// Hands out the right to run a guest: one at a time, because the control page describes one child.
#[derive(Clone)]
pub struct GuestSlot {
    control: &'static Control,
    turn: Arc<Mutex<()>>,
}

impl GuestSlot {
    pub fn new(control: &'static Control) -> Self {
        Self { control, turn: Arc::default() }
    }

    /// Waits for the turn; until the answer is dropped, guests stop after `cycle_limit` cycles.
    pub async fn take(&self, cycle_limit: u64) -> GuestTurn {
        let turn = self.turn.clone().lock_owned().await;
        self.control.begin(cycle_limit);
        GuestTurn { control: self.control, _turn: turn }
    }
}

/// The right to run a guest. Dropping it ends and reaps a child that is still there.
pub struct GuestTurn {
    pub control: &'static Control,
    _turn: OwnedMutexGuard<()>,
}

impl Drop for GuestTurn {
    fn drop(&mut self) {
        self.control.end_child();
    }
}
