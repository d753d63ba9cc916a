// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISP1Verifier} from "../../src/interfaces/ISP1Verifier.sol";

/// What Succinct's SP1TeeVerifier asks of a proof with a second factor: a prefix of 74 bytes with the signature of a listed signer, and a
/// proof behind it that the gateway accepts.
///
///   11 8d c3 47 ‖ v ‖ r ‖ s ‖ 04 ‖ version (4 bytes, little-endian)
contract TeeVerifierRules is ISP1Verifier {
    error InvalidSelector(bytes4 selector);
    error InvalidSigner(address signer);

    bytes4 public constant SELECTOR = bytes4(keccak256("SP1TeeVerifier"));
    uint256 private constant PREFIX_BYTES = 74;

    ISP1Verifier private immutable _gateway;
    mapping(address => bool) public isSigner;

    constructor(ISP1Verifier gateway) {
        _gateway = gateway;
    }

    function addSigner(address signer) external {
        isSigner[signer] = true;
    }

    function digestOf(bytes calldata version, bytes32 programVKey, bytes calldata publicValues)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encodePacked(keccak256(version), programVKey, keccak256(publicValues)));
    }

    function verifyProof(bytes32 programVKey, bytes calldata publicValues, bytes calldata proofBytes) external view {
        if (bytes4(proofBytes[:4]) != SELECTOR) revert InvalidSelector(bytes4(proofBytes[:4]));
        bytes calldata version = proofBytes[70:70 + uint8(proofBytes[69])];
        bytes32 digest = digestOf(version, programVKey, publicValues);
        address signer = ecrecover(digest, uint8(proofBytes[4]), bytes32(proofBytes[5:37]), bytes32(proofBytes[37:69]));
        if (!isSigner[signer]) revert InvalidSigner(signer);
        _gateway.verifyProof(programVKey, publicValues, proofBytes[PREFIX_BYTES:]);
    }
}
