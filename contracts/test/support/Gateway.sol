// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISP1Verifier, ISP1VerifierWithHash} from "../../src/interfaces/ISP1Verifier.sol";

/// Routes proofs as SP1's gateway does: by the first four bytes, to the verifier whose hash begins with them.
contract Gateway is ISP1Verifier {
    error RouteNotFound(bytes4 selector);

    mapping(bytes4 selector => address) public routes;

    function addRoute(address verifier) external {
        routes[bytes4(ISP1VerifierWithHash(verifier).VERIFIER_HASH())] = verifier;
    }

    function verifyProof(bytes32 programVKey, bytes calldata publicValues, bytes calldata proofBytes) external view {
        bytes4 selector = bytes4(proofBytes[:4]);
        address verifier = routes[selector];
        if (verifier == address(0)) revert RouteNotFound(selector);
        ISP1Verifier(verifier).verifyProof(programVKey, publicValues, proofBytes);
    }
}

/// Stands for a verifier of ZK proofs: knows one statement to be true.
contract ZkVerifier is ISP1VerifierWithHash {
    error NotProven();

    bytes32 public constant VERIFIER_HASH = keccak256("a verifier of ZK proofs");
    bytes32 private immutable _statement;

    constructor(bytes32 programVKey, bytes memory publicValues) {
        _statement = keccak256(abi.encode(programVKey, publicValues));
    }

    function verifyProof(bytes32 programVKey, bytes calldata publicValues, bytes calldata) external view {
        if (keccak256(abi.encode(programVKey, publicValues)) != _statement) revert NotProven();
    }
}
