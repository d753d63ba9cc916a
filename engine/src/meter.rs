//! Adding up what the chunks of a running guest's trace tell: its gas, and its conduct.

use futures::stream::{FuturesUnordered, StreamExt};
use slop_futures::pipeline::SubmitHandle;
use sp1_core_executor::{ExecutionError, ExecutionReport};
use tokio::sync::mpsc;

use crate::replay::{Conduct, Replay, Replayed};

/// How the metering of one guest ended.
pub enum Metered {
    /// Without conduct where the program is not watched.
    Complete(ExecutionReport, Option<Conduct>),
    OverGas(u64),
    Failed(ExecutionError),
    Panicked,
}

/// Adds up the chunks' reports; stops the guest as soon as the gas limit is passed.
pub async fn meter(
    mut handles: mpsc::UnboundedReceiver<SubmitHandle<Replay>>,
    gas_limit: u64,
    stop_guest: impl Fn(),
) -> Metered {
    let mut report = ExecutionReport::default();
    let mut conduct = Some(Conduct::default());
    let mut pending = FuturesUnordered::new();
    loop {
        let done = tokio::select! {
            Some(handle) = handles.recv() => {
                pending.push(handle);
                continue;
            }
            Some(done) = pending.next() => done,
            else => return Metered::Complete(report, conduct),
        };
        match done {
            Ok(Ok(Replayed { report: chunk, conduct: seen })) => {
                report += chunk;
                conduct = conduct.zip(seen).map(|(mut all, seen)| {
                    all.merge(&seen);
                    all
                });
            }
            Ok(Err(error)) => {
                stop_guest();
                return Metered::Failed(error);
            }
            Err(_) => {
                stop_guest();
                return Metered::Panicked;
            }
        }
        match report.gas() {
            Some(gas) if gas > gas_limit && report.exit_code == 0 => {
                stop_guest();
                return Metered::OverGas(gas);
            }
            _ => {}
        }
    }
}
