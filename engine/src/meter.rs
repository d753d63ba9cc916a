//! Adding up the gas of a running guest, chunk by chunk of its trace.

use futures::stream::{FuturesUnordered, StreamExt};
use slop_futures::pipeline::SubmitHandle;
use sp1_core_executor::{ExecutionError, ExecutionReport};
use sp1_prover::worker::GasExecutingEngine;
use tokio::sync::mpsc;

/// How the metering of one guest ended.
pub enum Metered {
    Complete(ExecutionReport),
    OverGas(u64),
    Failed(ExecutionError),
    Panicked,
}

/// Adds up the chunks' reports; stops the guest as soon as the gas limit is passed.
pub async fn meter(
    mut handles: mpsc::UnboundedReceiver<SubmitHandle<GasExecutingEngine>>,
    gas_limit: u64,
    stop_guest: impl Fn(),
) -> Metered {
    let mut report = ExecutionReport::default();
    let mut pending = FuturesUnordered::new();
    loop {
        let done = tokio::select! {
            Some(handle) = handles.recv() => {
                pending.push(handle);
                continue;
            }
            Some(done) = pending.next() => done,
            else => return Metered::Complete(report),
        };
        match done {
            Ok(Ok(chunk)) => report += chunk,
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
