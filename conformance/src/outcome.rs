//! How a request ended, in the SDK's own terms: what its caller can tell apart.

use serde_json::{json, Value};
use sp1_sdk::network::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Fulfilled,
    Unexecutable,
    Unfulfillable,
    TimedOut,
    AuctionTimedOut,
    Reverted,
    Expired,
    SimulationFailed,
    /// A proof came that the SDK does not accept.
    Unverified,
    /// A gRPC status that the SDK does not try again, or has tried again for long enough.
    Refused,
    /// Anything else, for example an upload that was refused: the SDK has only text for it.
    Failed,
}

const NAMES: [(&str, Outcome); 11] = [
    ("fulfilled", Outcome::Fulfilled),
    ("unexecutable", Outcome::Unexecutable),
    ("unfulfillable", Outcome::Unfulfillable),
    ("timed-out", Outcome::TimedOut),
    ("auction-timed-out", Outcome::AuctionTimedOut),
    ("reverted", Outcome::Reverted),
    ("expired", Outcome::Expired),
    ("simulation-failed", Outcome::SimulationFailed),
    ("unverified", Outcome::Unverified),
    ("refused", Outcome::Refused),
    ("failed", Outcome::Failed),
];

impl Outcome {
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(each, _)| *each == name).map(|(_, outcome)| *outcome)
    }

    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, each)| *each == self).expect("every outcome has a name").0
    }

    pub fn of(error: &anyhow::Error) -> Self {
        match error.downcast_ref::<Error>() {
            Some(Error::RequestUnexecutable { .. }) => Self::Unexecutable,
            Some(Error::RequestUnfulfillable { .. }) => Self::Unfulfillable,
            Some(Error::RequestTimedOut { .. }) => Self::TimedOut,
            Some(Error::RequestAuctionTimedOut { .. }) => Self::AuctionTimedOut,
            Some(Error::RequestReverted { .. }) => Self::Reverted,
            Some(Error::RequestExpired { .. }) => Self::Expired,
            Some(Error::SimulationFailed) => Self::SimulationFailed,
            Some(Error::RpcError(_)) => Self::Refused,
            _ if status(error, Error::RpcError).is_some() => Self::Refused,
            _ => Self::Failed,
        }
    }
}

/// The gRPC status that the SDK hands out as it came. Its type is tonic's, which only this constructor of the SDK names for us.
fn status<S>(error: &anyhow::Error, _: fn(S) -> Error) -> Option<&S>
where
    S: std::fmt::Display + std::fmt::Debug + Send + Sync + 'static,
{
    error.downcast_ref::<S>()
}

/// What went wrong, for people and for assertions.
pub fn describe(error: &anyhow::Error) -> Value {
    let refusal = status(error, Error::RpcError);
    json!({
        "text": format!("{error:#}"),
        "grpcCode": refusal.map(|status| format!("{:?}", status.code())),
        "grpcMessage": refusal.map(|status| status.message()),
    })
}
