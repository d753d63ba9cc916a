//! Why a guest failed, in the network's own numbers (`ExecuteFailureCause` in sp1-sdk's protobuf), and how SP1's
//! errors translate to them.

use sp1_core_executor::ExecutionError;

use crate::failure::{Code, Failure};

/// The network's `ExecuteFailureCause`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Cause {
    HaltWithNonZeroExitCode = 1,
    InvalidMemoryAccess = 2,
    UnsupportedSyscall = 3,
    Breakpoint = 4,
    ExceededCycleLimit = 5,
    InvalidSyscallUsage = 6,
    Unimplemented = 7,
    EndInUnconstrained = 8,
    ExceededGasLimit = 9,
}

impl Cause {
    /// One sentence for the requester. It names the kind of fault and nothing of the guest's data.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::HaltWithNonZeroExitCode => "The guest halted with a non-zero exit code.",
            Self::InvalidMemoryAccess => "The guest accessed memory that it may not.",
            Self::UnsupportedSyscall => "The guest made a system call that SP1 does not know.",
            Self::Breakpoint => "The guest ran into a breakpoint instruction.",
            Self::ExceededCycleLimit => "The guest ran longer than the cycle limit allows.",
            Self::InvalidSyscallUsage => {
                "The guest made a system call with wrong arguments, or read more input than there is."
            }
            Self::Unimplemented => "The guest ran into an instruction that SP1 does not implement.",
            Self::EndInUnconstrained => "The guest ended inside an unconstrained block.",
            Self::ExceededGasLimit => "The guest used more gas than the gas limit allows.",
        }
    }

    pub fn from_number(number: u32) -> Option<Self> {
        [
            Self::HaltWithNonZeroExitCode,
            Self::InvalidMemoryAccess,
            Self::UnsupportedSyscall,
            Self::Breakpoint,
            Self::ExceededCycleLimit,
            Self::InvalidSyscallUsage,
            Self::Unimplemented,
            Self::EndInUnconstrained,
            Self::ExceededGasLimit,
        ]
        .into_iter()
        .find(|&cause| cause as u32 == number)
    }

    /// The fault behind an error of SP1's executor; `Err` where the host is at fault and not the guest.
    pub fn of_execution(error: &ExecutionError) -> Result<Self, Failure> {
        use ExecutionError as E;
        Ok(match error {
            E::UnexpectedExitCode(_) => Self::HaltWithNonZeroExitCode,
            E::InvalidMemoryAccess(..)
            | E::InvalidMemoryAccessUntrustedProgram(_)
            | E::InstructionNotFound()
            | E::UnhandledTrap(_) => Self::InvalidMemoryAccess,
            E::UnsupportedSyscall(_) => Self::UnsupportedSyscall,
            E::Breakpoint() => Self::Breakpoint,
            E::ExceededCycleLimit(_) | E::UnconstrainedCycleLimitExceeded(_) => Self::ExceededCycleLimit,
            E::InvalidSyscallUsage(_) => Self::InvalidSyscallUsage,
            E::Unimplemented() => Self::Unimplemented,
            E::EndInUnconstrained() => Self::EndInUnconstrained,
            E::TooMuchMemory() | E::KilledByMemoryMonitor(_) => {
                return Err(Failure::new(
                    Code::OutOfMemory,
                    "The guest needs more memory than this machine can give it.",
                ))
            }
            E::ChildKilled() => {
                return Err(Failure::new(
                    Code::OutOfMemory,
                    "The guest's process was killed from outside, most likely for want of memory.",
                ))
            }
            E::InvalidShardingState() | E::Other(_) => {
                return Err(Failure::internal("The executor failed for a reason that is not the guest's."))
            }
        })
    }

    /// The fault behind a panic in the guest's process. SP1 reports these faults by panicking in a system call.
    pub fn of_runner_panic(text: &str) -> Self {
        if text.contains("invalid syscall number") || text.contains("not implemented") {
            Self::UnsupportedSyscall
        } else if text.contains("interrupt") {
            Self::InvalidMemoryAccess
        } else {
            // "hint input stream exhausted", "Unconstrained mode is not allowed for this syscall", alignment, …
            Self::InvalidSyscallUsage
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp1_core_executor::Opcode;

    #[test]
    fn each_executor_error_has_the_networks_number() {
        use ExecutionError as E;
        for (error, number) in [
            (E::UnexpectedExitCode(1), 1),
            (E::InvalidMemoryAccess(Opcode::LD, 0), 2),
            (E::InvalidMemoryAccessUntrustedProgram(1), 2),
            (E::UnsupportedSyscall(9), 3),
            (E::Breakpoint(), 4),
            (E::ExceededCycleLimit(1), 5),
            (E::UnconstrainedCycleLimitExceeded(1), 5),
            (E::InvalidSyscallUsage(0), 6),
            (E::Unimplemented(), 7),
            (E::EndInUnconstrained(), 8),
        ] {
            assert_eq!(Cause::of_execution(&error).unwrap() as u32, number, "{error}");
        }
    }

    #[test]
    fn the_hosts_faults_are_not_the_guests() {
        use ExecutionError as E;
        for error in [E::TooMuchMemory(), E::KilledByMemoryMonitor(9), E::ChildKilled()] {
            assert_eq!(Cause::of_execution(&error).unwrap_err().code, Code::OutOfMemory);
        }
        let other = Cause::of_execution(&E::Other("secret".into())).unwrap_err();
        assert_eq!(other.code, Code::Internal);
        assert!(!other.message.contains("secret"));
    }

    #[test]
    fn panics_of_system_calls_are_told_apart() {
        assert_eq!(Cause::of_runner_panic("invalid syscall number: 77"), Cause::UnsupportedSyscall);
        assert_eq!(Cause::of_runner_panic("hint input stream exhausted"), Cause::InvalidSyscallUsage);
        assert_eq!(Cause::of_runner_panic("ecall failed with interrupt: X"), Cause::InvalidMemoryAccess);
    }

    #[test]
    fn numbers_read_back() {
        for number in 1..=9 {
            assert_eq!(Cause::from_number(number).unwrap() as u32, number);
        }
        assert_eq!(Cause::from_number(0), None);
        assert_eq!(Cause::from_number(10), None);
    }
}
