// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "solady/auth/Ownable.sol";
import {SP1MultiProof} from "../src/SP1MultiProof.sol";
import {Gateway, ZkVerifier} from "./support/Gateway.sol";
import {Rig} from "./support/Rig.sol";

/// Signatures, in each form in which they are asked for.
contract MultiProofTest is Rig {
    /// Vector 3: fibonacci of 20.
    bytes32 private constant VK_HASH = 0x5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec;
    bytes32 private constant VKEY = 0x00b7e2849d8caaff47e587fe9fd26c69281a452e8c1a50f9879d389d3a7306ec;
    bytes private constant VALUES = hex"140000006d1a0000c22a0000";
    bytes private constant SIGNATURE =
        hex"b7d374409a1c073834e6691567f47576afdd0deceb6be362a208f12e2535520a550b6766b1e648059328233005ea9aa93a9de96cacc155460985209889006fdb1c";
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function setUp() public override {
        super.setUp();
        registerProver(prover);
    }

    // ── Vectors ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The line of a log of the first prover, and the key that the same log names.
    function test_T22_seed_vector_recovers() public {
        address seed = 0x24f467036294dAcac4D86ba2ED17323514FB1616;
        bytes memory message = hex"a50f6fca342d194a8443e9e8299cc6c0338bde0943ddc8efcd2d0c126a764a6b";
        bytes memory signature =
            hex"22e32fe8df3cf338a4d60578b51972d0e56e2e6114da843c4af1301524dbfaee0f8c4e8193db093c718a646f33cd39dee94829db1aab019541875e5ad25501ea1c";
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.Invalid_TEE_Signer.selector, seed));
        multiProof.verifyTEEProof(message, signature);
        registerProver(seed);
        multiProof.verifyTEEProof(message, signature);
        // Its twin in the upper half recovers to the same key, and is refused all the same.
        bytes memory twin =
            hex"22e32fe8df3cf338a4d60578b51972d0e56e2e6114da843c4af1301524dbfaeef073b17e6c24f6c38e759b90cc32c61fd166b30b949d9ea67e4b0031fde13f571b";
        vm.expectRevert(
            abi.encodeWithSelector(
                SP1MultiProof.SignatureHighS.selector,
                0xf073b17e6c24f6c38e759b90cc32c61fd166b30b949d9ea67e4b0031fde13f57
            )
        );
        multiProof.verifyTEEProof(message, twin);
    }

    function test_T22_the_other_vectors_recover() public view {
        eq(prover, 0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1);
        bytes32 counting = 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f;
        _verifies(
            counting,
            hex"f4010000aaaaaaaabbbbbbbb",
            hex"7810c32e53f26fd808fe1d8feb97e41d5fb58577928d3c903cdf55913c623a4c18fed2d20cbba30c0336c7e375567ffc1701de1c011953265f8fad467dfa68811b"
        );
        _verifies(VK_HASH, VALUES, SIGNATURE);
        _verifies(
            0x664e6f7c14bb12916c8d14cb3031b6f451785a0e0488400538e5493532a2ba64,
            "",
            hex"b91bdc03cd50eab563bfc0be664c842cd23e9680f177f8fb185087738e4323a43b1656c0591ab62aba58fd99a72ebd4a807dc0d0abde966d0c697f1856e815091c"
        );
    }

    function testFuzz_what_a_prover_signs_verifies_and_nothing_else(bytes32 vkHash, bytes calldata values, uint256 bit)
        public
    {
        bytes memory signature = signatureOf(KEY, vkHash, values);
        eq(multiProof.verifyTEEProof(vkHash, values, signature), prover);
        multiProof.verifyTEEProof(abi.encodePacked(messageOf(vkHash, values)), signature);
        bit = bit % 256;
        vm.expectRevert();
        multiProof.verifyTEEProof(vkHash ^ bytes32(1 << bit), values, signature);
        vm.expectRevert();
        multiProof.verifyTEEProof(vkHash, bytes.concat(values, hex"00"), signature);
    }

    function testFuzz_strangers_sign_nothing(uint256 key) public {
        key = 1 + (key % (ORDER - 1));
        vm.assume(key != KEY);
        bytes memory signature = signatureOf(key, VK_HASH, VALUES);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.Invalid_TEE_Signer.selector, vm.addr(key)));
        multiProof.verifyTEEProof(VK_HASH, VALUES, signature);
    }

    function test_a_signature_ends_with_its_prover() public {
        vm.warp(NOW + 3600);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.Invalid_TEE_Signer.selector, prover));
        multiProof.verifyTEEProof(VK_HASH, VALUES, SIGNATURE);
    }

    // ── Forms ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function testFuzz_D12_message_is_exactly_a_digest(bytes calldata message) public {
        vm.assume(message.length != 32);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, keccak256(message));
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.MessageLength.selector, message.length));
        multiProof.verifyTEEProof(message, abi.encodePacked(r, s, v));
    }

    function testFuzz_T23_D13_high_s_64_byte_and_v0_are_refused(bytes32 vkHash, bytes calldata values) public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, keccak256(abi.encodePacked(messageOf(vkHash, values))));
        uint256 high = ORDER - uint256(s);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.SignatureHighS.selector, high));
        multiProof.verifyTEEProof(vkHash, values, abi.encodePacked(r, high, v == 27 ? uint8(28) : uint8(27)));
        bytes32 compact = bytes32(uint256(s) | (uint256(v - 27) << 255));
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.SignatureLength.selector, 64));
        multiProof.verifyTEEProof(vkHash, values, abi.encodePacked(r, compact));
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.SignatureV.selector, v - 27));
        multiProof.verifyTEEProof(vkHash, values, abi.encodePacked(r, s, v - 27));
    }

    function test_T23_D13_every_other_v_and_length_is_refused() public {
        for (uint256 v = 0; v < 256; v++) {
            if (v == 27 || v == 28) continue;
            bytes memory signature = patched(SIGNATURE, 64, abi.encodePacked(uint8(v)));
            vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.SignatureV.selector, uint8(v)));
            multiProof.verifyTEEProof(VK_HASH, VALUES, signature);
        }
        for (uint256 length = 0; length < 130; length++) {
            if (length == 65) continue;
            bytes memory signature = slice(bytes.concat(SIGNATURE, SIGNATURE), 0, length);
            vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.SignatureLength.selector, length));
            multiProof.verifyTEEProof(VK_HASH, VALUES, signature);
        }
    }

    /// `ecrecover` answers 0 for these, and 0 must never be asked for as a prover.
    function test_T23_what_no_key_has_made_is_refused() public {
        bytes memory zero = abi.encodePacked(bytes32(0), bytes32(0), uint8(27));
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.SignatureInvalid.selector));
        multiProof.verifyTEEProof(VK_HASH, VALUES, zero);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.SignatureInvalid.selector));
        multiProof.verifyTEEProof(VK_HASH, VALUES, abi.encodePacked(ORDER, uint256(1), uint8(27)));
    }

    // ── Keys of programs ────────────────────────────────────────────────────────────────────────────────────────────

    function test_T24_vkey_of_the_vectors() public view {
        eq(multiProof.unpackVKey(VKEY), VK_HASH);
        eq(
            multiProof.unpackVKey(0x00000204061014181c40485058c0d0e0f202224265054585cc0c8d0d9c1d1e1f),
            0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
        );
        eq(
            multiProof.unpackVKey(0x00cc9cdef852ec4a476468a65b031b6f4a2f0b41c12210015c72a49ab2a2ba64),
            0x664e6f7c14bb12916c8d14cb3031b6f451785a0e0488400538e5493532a2ba64
        );
    }

    function testFuzz_T24_vkey_unpacking_is_the_inverse(uint256 vkHash) public view {
        vkHash &= 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff;
        uint256 packed;
        for (uint256 i = 0; i < 8; i++) {
            packed = (packed << 31) | ((vkHash >> (32 * (7 - i))) & 0xffffffff);
        }
        eq(multiProof.unpackVKey(bytes32(packed)), bytes32(vkHash));
    }

    function testFuzz_T25_vkey_above_248_bits_is_refused(uint256 vkey) public {
        vm.assume(vkey >= 1 << 248);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.VKeyTooLarge.selector, bytes32(vkey)));
        multiProof.unpackVKey(bytes32(vkey));
        bytes memory proof = abi.encodePacked(bytes4(multiProof.VERIFIER_HASH()), SIGNATURE);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.VKeyTooLarge.selector, bytes32(vkey)));
        multiProof.verifyProof(bytes32(vkey), VALUES, proof);
    }

    // ── SP1's verifier ──────────────────────────────────────────────────────────────────────────────────────────────

    function test_T26_gateway_routes_to_it() public {
        Gateway gateway = new Gateway();
        bytes memory proof = _proofOf(SIGNATURE);
        vm.expectRevert(abi.encodeWithSelector(Gateway.RouteNotFound.selector, bytes4(multiProof.VERIFIER_HASH())));
        gateway.verifyProof(VKEY, VALUES, proof);
        gateway.addRoute(address(multiProof));
        gateway.verifyProof(VKEY, VALUES, proof);
        vm.expectRevert();
        gateway.verifyProof(VKEY, hex"00", proof);
        vm.expectRevert();
        gateway.verifyProof(bytes32(uint256(VKEY) ^ 1), VALUES, proof);
    }

    function testFuzz_T26_proofs_of_other_verifiers_are_refused(bytes4 selector) public {
        bytes4 own = bytes4(multiProof.VERIFIER_HASH());
        vm.assume(selector != own);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.WrongVerifierSelector.selector, selector, own));
        multiProof.verifyProof(VKEY, VALUES, abi.encodePacked(selector, SIGNATURE));
    }

    function test_T26_proofs_of_every_other_length_are_refused() public {
        bytes memory long = bytes.concat(_proofOf(SIGNATURE), SIGNATURE);
        for (uint256 length = 0; length < long.length; length++) {
            if (length == 69) continue;
            bytes memory proof = slice(long, 0, length);
            vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.ProofLength.selector, length));
            multiProof.verifyProof(VKEY, VALUES, proof);
        }
    }

    // ── Both ────────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_T27_verifyBoth_needs_both() public {
        Gateway gateway = _gatewayFor(VKEY, VALUES);
        bytes memory zkProof = abi.encodePacked(bytes4(keccak256("a verifier of ZK proofs")), "proof");
        multiProof.verifyBoth(VKEY, VALUES, zkProof, SIGNATURE);
        // The proof alone.
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.SignatureLength.selector, 0));
        multiProof.verifyBoth(VKEY, VALUES, zkProof, "");
        // The signature alone.
        vm.expectRevert(abi.encodeWithSelector(Gateway.RouteNotFound.selector, bytes4(0)));
        multiProof.verifyBoth(VKEY, VALUES, hex"00000000", SIGNATURE);
        // Each for another statement.
        bytes memory other = signatureOf(KEY, VK_HASH, hex"01");
        vm.expectRevert(abi.encodeWithSelector(ZkVerifier.NotProven.selector));
        multiProof.verifyBoth(VKEY, hex"01", zkProof, other);
        vm.expectRevert();
        multiProof.verifyBoth(VKEY, VALUES, zkProof, other);
        eq(address(multiProof.gateway()), address(gateway));
    }

    /// The gateway may have a route back to this contract. One signature is one factor.
    function test_T27_a_signature_is_not_the_other_proof() public {
        Gateway gateway = _gatewayFor(VKEY, VALUES);
        gateway.addRoute(address(multiProof));
        bytes memory proof = _proofOf(SIGNATURE);
        gateway.verifyProof(VKEY, VALUES, proof);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.NotZkProof.selector, bytes4(multiProof.VERIFIER_HASH())));
        multiProof.verifyBoth(VKEY, VALUES, proof, SIGNATURE);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.ProofLength.selector, 3));
        multiProof.verifyBoth(VKEY, VALUES, hex"000000", SIGNATURE);
    }

    function test_T27_without_a_gateway_there_is_no_both() public {
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.ZeroAddress.selector));
        multiProof.verifyBoth(VKEY, VALUES, hex"00000000", SIGNATURE);
    }

    // ── Owner ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_owner_alone_sets_registry_and_gateway() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.Unauthorized.selector));
        multiProof.setTEEProverRegistry(address(this));
        vm.expectRevert(abi.encodeWithSelector(Ownable.Unauthorized.selector));
        multiProof.setGateway(address(this));
        vm.startPrank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.NoCode.selector, STRANGER));
        multiProof.setTEEProverRegistry(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.NoCode.selector, STRANGER));
        multiProof.setGateway(STRANGER);
        multiProof.setGateway(address(0));
        multiProof.setTEEProverRegistry(address(verifier));
        eq(address(multiProof.teeProverRegistry()), address(verifier));
    }

    function test_a_registry_without_code_is_refused_at_the_start() public {
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.NoCode.selector, address(0)));
        new SP1MultiProof(OWNER, address(0), address(0));
        vm.expectRevert(abi.encodeWithSelector(SP1MultiProof.ZeroAddress.selector));
        new SP1MultiProof(address(0), address(registry), address(0));
    }

    function _gatewayFor(bytes32 vkey, bytes memory values) private returns (Gateway gateway) {
        gateway = new Gateway();
        gateway.addRoute(address(new ZkVerifier(vkey, values)));
        vm.prank(OWNER);
        multiProof.setGateway(address(gateway));
    }

    function _proofOf(bytes memory signature) private view returns (bytes memory) {
        return abi.encodePacked(bytes4(multiProof.VERIFIER_HASH()), signature);
    }

    function _verifies(bytes32 vkHash, bytes memory values, bytes memory signature) private view {
        eq(multiProof.verifyTEEProof(vkHash, values, signature), prover);
    }
}
