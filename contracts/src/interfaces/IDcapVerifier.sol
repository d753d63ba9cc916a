// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// A contract that verifies quotes of Intel's DCAP, with the ABI of automata-dcap-attestation.
interface IDcapVerifier {
    /// `success` alone says little: it is true for every TCB status but Revoked, for debug TDs, and has been true for errors.
    /// What of the fee is not used goes back to tx.origin.
    function verifyAndAttestOnChain(bytes calldata rawQuote)
        external
        payable
        returns (bool success, bytes memory output);
}
