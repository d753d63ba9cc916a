// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// Which keys sign for an enclave, as a verifier of signatures asks for it.
interface IProverRegistry {
    /// Whether `prover` is registered, unexpired, unrevoked, and runs a measurement that is still allowed.
    function verifyAttestedProver(address prover) external view returns (bool);
}
