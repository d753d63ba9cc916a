// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// SP1's verifier of proofs, and its gateway as well: both have this function.
interface ISP1Verifier {
    /// Reverts unless `proofBytes` proves that the program `programVKey` (bytes32 form) has these public values.
    function verifyProof(bytes32 programVKey, bytes calldata publicValues, bytes calldata proofBytes) external view;
}

/// SP1's verifier as a route of its gateway: the first four bytes of `VERIFIER_HASH` choose it.
interface ISP1VerifierWithHash is ISP1Verifier {
    function VERIFIER_HASH() external view returns (bytes32);
}
