// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SP1MultiProof} from "../src/SP1MultiProof.sol";
import {SP1TEEProverRegistry as Registry} from "../src/SP1TEEProverRegistry.sol";
import {MockDcapVerifier} from "../src/dev/MockDcapVerifier.sol";
import {REAL_TD10} from "./support/RealBodies.sol";
import {Rig} from "./support/Rig.sol";

/// What calls cost, exactly (snapshots/calls.json) and at most. FORGE_SNAPSHOT_CHECK=false writes the snapshot anew.
contract GasTest is Rig {
    bytes private constant VALUES = hex"140000006d1a0000c22a0000";
    bytes32 private constant VKEY = 0x00b7e2849d8caaff47e587fe9fd26c69281a452e8c1a50f9879d389d3a7306ec;

    MockDcapVerifier private mock;

    function setUp() public override {
        super.setUp();
        mock = new MockDcapVerifier();
        vm.prank(OWNER);
        registry.setAttestationImpl(address(mock));
    }

    function test_T29_gas_of_register() public {
        Registry.ReportData memory data = dataOf(prover);
        bytes memory quote = abi.encodePacked(hex"0400", new bytes(46), boundBody(REAL_TD10, data), new bytes(4374));
        _cool();
        registry.register(data, quote);
        _atMost("register, a quote of 5,006 bytes, mock verifier", 133_000);
        _cool();
        registry.verifyAttestedProver(prover);
        _atMost("verifyAttestedProver", 7_400);
    }

    function test_T29_gas_of_proofs() public {
        vm.prank(OWNER);
        registry.setAttestationImpl(address(verifier));
        registerProver(prover);
        bytes32 vkHash = multiProof.unpackVKey(VKEY);
        bytes memory signature = signatureOf(KEY, vkHash, VALUES);
        bytes memory proof = abi.encodePacked(bytes4(multiProof.VERIFIER_HASH()), signature);
        _cool();
        multiProof.verifyTEEProof(vkHash, VALUES, signature);
        _atMost("verifyTEEProof, vk hash and public values", 15_300);
        bytes memory message = abi.encodePacked(messageOf(vkHash, VALUES));
        _cool();
        multiProof.verifyTEEProof(message, signature);
        _atMost("verifyTEEProof, digest", 15_300);
        _cool();
        multiProof.verifyProof(VKEY, VALUES, proof);
        _atMost("verifyProof", 17_800);
    }

    /// Without the 53,000 of the transaction, and its data.
    function test_T29_gas_of_deployment() public {
        uint256 before = gasleft();
        new Registry(OWNER, GUARDIAN, address(verifier), new bytes32[](0));
        _within("deploy registry", before - gasleft(), 1_560_000);
        before = gasleft();
        new SP1MultiProof(OWNER, address(registry), address(0));
        _within("deploy MultiProof", before - gasleft(), 830_000);
    }

    /// As in a transaction of its own.
    function _cool() private {
        vm.cool(address(registry));
        vm.cool(address(multiProof));
        vm.cool(address(mock));
    }

    function _atMost(string memory name, uint256 most) private {
        ok(vm.snapshotGasLastCall("calls", name) <= most, name);
    }

    function _within(string memory name, uint256 gas, uint256 most) private {
        vm.snapshotValue("calls", name, gas);
        ok(gas <= most, name);
    }
}
