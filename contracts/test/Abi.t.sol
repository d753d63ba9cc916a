// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {REAL_TD10} from "./support/RealBodies.sol";
import {Rig} from "./support/Rig.sol";

interface IFirstRegistry {
    struct ReportData {
        uint256 referenceBlockNumber;
        bytes32 referenceBlockHash;
        address proverAddress;
    }

    function register(ReportData calldata data, bytes calldata report) external;
    function verifyAttestedProver(address prover) external view returns (bool);
    function attestedReports(bytes32 report) external view returns (bool);
    function attestedProvers(address prover) external view returns (uint256);
    function attestValiditySeconds() external view returns (uint256);
    function maxBlockNumberDiff() external view returns (uint256);
    function dcapAttestationVerifier() external view returns (address);
    function setAttestValiditySeconds(uint256 seconds_) external;
    function setMaxBlockNumberDiff(uint256 blocks) external;
    function setAttestationImpl(address verifier) external;
}

/// Callers of the contracts that these replace find every function, under its selector.
contract AbiTest is Rig {
    /// A selector is there when the dispatcher compares with it: PUSH4 and its four bytes.
    function test_T28_abi_holds_every_seed_selector() public view {
        bytes4[18] memory ofRegistry = [
            bytes4(0x8c055ac8),
            0xa7532cee,
            0x769d87e7,
            0x74e1a553,
            0x51c90fc5,
            0x95aa79ca,
            0xfeb1cb80,
            0x8dd1d404,
            0xb13b09f7,
            0xf69d4c75,
            0xca8d4461,
            0x8da5cb5b,
            0xf2fde38b,
            0x715018a6,
            0x25692962,
            0x54d1f13d,
            0xf04e283e,
            0xfee81cf4
        ];
        for (uint256 i = 0; i < ofRegistry.length; i++) {
            ok(_has(address(registry).code, ofRegistry[i]), "registry");
        }
        bytes4[8] memory ofMultiProof =
            [bytes4(0x6f242b44), 0x0c7ebe99, 0x04dded9e, 0x8da5cb5b, 0xf2fde38b, 0x9da9ae11, 0x41493c60, 0x2a510436];
        for (uint256 i = 0; i < ofMultiProof.length; i++) {
            ok(_has(address(multiProof).code, ofMultiProof[i]), "MultiProof");
        }
    }

    /// Through the first interface, as one of its callers compiles it.
    function test_T28_the_first_interface_works() public {
        IFirstRegistry first = IFirstRegistry(address(registry));
        IFirstRegistry.ReportData memory data =
            IFirstRegistry.ReportData(block.number - 1, blockhash(block.number - 1), prover);
        verifier.answer(true, goodOutput(dataOf(prover)));
        first.register(data, QUOTE);
        ok(first.verifyAttestedProver(prover), "attested");
        eq(first.attestedProvers(prover), NOW);
        eq(first.attestValiditySeconds(), 3600);
        eq(first.maxBlockNumberDiff(), 100);
        eq(first.dcapAttestationVerifier(), address(verifier));
        bytes memory reportData = reportDataOf(dataOf(prover), registry.bindingHash(dataOf(prover)));
        ok(first.attestedReports(keccak256(reportData)), "by its report_data");
        vm.startPrank(OWNER);
        first.setAttestValiditySeconds(60);
        first.setMaxBlockNumberDiff(20);
        first.setAttestationImpl(address(this));
    }

    function _has(bytes memory code, bytes4 selector) private pure returns (bool) {
        for (uint256 i = 0; i + 5 <= code.length; i++) {
            if (
                code[i] == 0x63 && code[i + 1] == selector[0] && code[i + 2] == selector[1]
                    && code[i + 3] == selector[2] && code[i + 4] == selector[3]
            ) return true;
        }
        return false;
    }
}
