// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SP1MultiProof} from "../src/SP1MultiProof.sol";
import {Gateway, ZkVerifier} from "./support/Gateway.sol";
import {Rig} from "./support/Rig.sol";
import {TeeVerifierRules} from "./support/TeeVerifierRules.sol";

/// The second factor of Succinct's SDK, signed by a key of ours: their contract takes it, and the two kinds of signature are never each other.
contract TwoFactorTest is Rig {
    bytes private constant VERSION = hex"02000000";
    /// Fibonacci of 20.
    bytes32 private constant VK_HASH = 0x5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec;
    bytes32 private constant VKEY = 0x00b7e2849d8caaff47e587fe9fd26c69281a452e8c1a50f9879d389d3a7306ec;
    bytes private constant VALUES = hex"140000006d1a0000c22a0000";
    bytes32 private constant R = 0x7d29be6062441693e495222c2eb314cb5a552aa96f548e912f6f9db715d9d584;
    bytes32 private constant S = 0x134647469ddfa8c4bbbca4f50f7da02eca2bb15c11164dce294dbc8fd052f67b;

    TeeVerifierRules private rules;
    bytes private zkProof = abi.encodePacked(bytes4(keccak256("a verifier of ZK proofs")), "proof");

    function setUp() public override {
        super.setUp();
        Gateway gateway = new Gateway();
        gateway.addRoute(address(new ZkVerifier(VKEY, VALUES)));
        rules = new TeeVerifierRules(gateway);
        rules.addSigner(prover);
    }

    function test_T57_digests_are_those_of_the_vectors() public view {
        bytes32 counting = 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f;
        eq(
            rules.digestOf(VERSION, counting, hex"f4010000"),
            0x543b9aa7017e990ae9abecb0a1a28cf41b15da5cd0b33f791ae702acadc760d6
        );
        eq(rules.digestOf(VERSION, VKEY, VALUES), 0xa6646b798dc12b5b60b1947e12e447f1311ee8c44ca6daf07026d46a83ecfa24);
    }

    function test_T57_the_prefix_of_the_vector_verifies() public {
        bytes memory prefix = abi.encodePacked(hex"118dc347", uint8(27), R, S, hex"04", VERSION);
        eq(prefix.length, 74);
        rules.verifyProof(VKEY, VALUES, bytes.concat(prefix, zkProof));
        vm.expectRevert();
        rules.verifyProof(VKEY, hex"00", bytes.concat(prefix, zkProof));
        vm.expectRevert(abi.encodeWithSelector(Gateway.RouteNotFound.selector, bytes4(0)));
        rules.verifyProof(VKEY, VALUES, bytes.concat(prefix, hex"00000000"));
    }

    /// The same key signs both kinds. Neither is taken for the other, whatever the program and its values are.
    function testFuzz_T57_a_second_factor_is_no_tee_proof(bytes32 vkHash, bytes calldata values) public {
        registerProver(prover);
        bytes memory proof = signatureOf(KEY, vkHash, values);
        bytes memory asPrefix =
            abi.encodePacked(hex"118dc347", slice(proof, 64, 1), slice(proof, 0, 64), hex"04", VERSION);
        vm.expectRevert();
        rules.verifyProof(vkHash, values, bytes.concat(asPrefix, zkProof));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, rules.digestOf(VERSION, vkHash, values));
        bytes memory factor = abi.encodePacked(r, s, v);
        vm.expectRevert();
        multiProof.verifyTEEProof(vkHash, values, factor);
        // Not even what was signed, given as the message that the first form of the call takes.
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.MessageLength.selector, 96));
        multiProof.verifyTEEProof(abi.encodePacked(keccak256(VERSION), vkHash, keccak256(values)), factor);
    }
}
