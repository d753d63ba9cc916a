// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SP1MultiProof} from "../../src/SP1MultiProof.sol";
import {SP1TEEProverRegistry as Registry} from "../../src/SP1TEEProverRegistry.sol";
import {REAL_TD10, REAL_TD15} from "./RealBodies.sol";
import {Test} from "./Test.sol";
import {RecordedVerifier} from "./Verifiers.sol";

/// A registry whose verifier answers what a test wants, and quotes over the bodies of real ones.
abstract contract Rig is Test {
    enum Layout {
        Before10,
        V10,
        V11Td10,
        V11Td15
    }

    address internal constant OWNER = address(0xA11CE);
    address internal constant GUARDIAN = address(0x60A2D);
    address internal constant STRANGER = address(0xBAD);
    uint256 internal constant KEY = 0x0101010101010101010101010101010101010101010101010101010101010101;
    bytes internal constant QUOTE = hex"0400";
    uint256 internal constant NOW = 1_800_000_000;

    address internal prover = vm.addr(KEY);
    RecordedVerifier internal verifier;
    Registry internal registry;
    SP1MultiProof internal multiProof;

    function setUp() public virtual {
        vm.chainId(31337);
        vm.roll(8_170_050);
        vm.warp(NOW);
        verifier = new RecordedVerifier();
        bytes32[] memory measurements = new bytes32[](2);
        measurements[0] = plainId(REAL_TD10);
        measurements[1] = plainId(REAL_TD15);
        registry = new Registry(OWNER, GUARDIAN, address(verifier), measurements);
        multiProof = new SP1MultiProof(OWNER, address(registry), address(0));
    }

    // ── Registering ─────────────────────────────────────────────────────────────────────────────────────────────────

    function dataOf(address who) internal view returns (Registry.ReportData memory) {
        return dataOf(who, block.number - 1);
    }

    function dataOf(address who, uint256 number) internal view returns (Registry.ReportData memory) {
        return Registry.ReportData(number, blockhash(number), who);
    }

    /// Has the verifier answer with a quote that binds as version 2 asks for, and registers.
    function registerProver(address who) internal {
        Registry.ReportData memory data = dataOf(who);
        verifier.answer(true, goodOutput(data));
        registry.register(data, QUOTE);
    }

    function goodOutput(Registry.ReportData memory data) internal view returns (bytes memory) {
        return outputOf(Layout.V11Td10, 0, boundBody(REAL_TD10, data));
    }

    /// What is expected: that error, of the next registration with that body.
    function refuses(bytes memory body, bytes memory expected) internal {
        verifier.answer(true, outputOf(body.length == 648 ? Layout.V11Td15 : Layout.V11Td10, 0, body));
        Registry.ReportData memory data = dataOf(prover);
        vm.expectRevert(expected);
        registry.register(data, QUOTE);
        ok(!registry.verifyAttestedProver(prover), "refused is not registered");
    }

    // ── Bodies and outputs ──────────────────────────────────────────────────────────────────────────────────────────

    function boundBody(bytes memory body, Registry.ReportData memory data) internal view returns (bytes memory) {
        return withReportData(body, reportDataOf(data, registry.bindingHash(data)));
    }

    function reportDataOf(Registry.ReportData memory data, bytes32 binding) internal pure returns (bytes memory) {
        return abi.encodePacked(uint256(uint160(data.proverAddress)), binding);
    }

    function withReportData(bytes memory body, bytes memory reportData) internal pure returns (bytes memory) {
        return patched(body, 520, reportData);
    }

    /// A copy of `body` with `bytes_` at `at`.
    function patched(bytes memory body, uint256 at, bytes memory bytes_) internal pure returns (bytes memory copy) {
        copy = bytes.concat(body);
        for (uint256 i = 0; i < bytes_.length; i++) {
            copy[at + i] = bytes_[i];
        }
    }

    function outputOf(Layout layout, uint8 status, bytes memory body) internal pure returns (bytes memory) {
        bytes6 fmspc = 0x50806f000000;
        bytes memory advisories = abi.encode(new string[](0));
        if (layout == Layout.Before10) return abi.encodePacked(hex"000400000081", status, fmspc, body, advisories);
        if (layout == Layout.V10) return abi.encodePacked(hex"000481000000", status, fmspc, body);
        if (layout == Layout.V11Td10) return abi.encodePacked(hex"00040002", status, fmspc, body);
        return abi.encodePacked(hex"00050003", status, fmspc, body);
    }

    function slice(bytes memory data, uint256 from, uint256 length) internal pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; i++) {
            part[i] = data[from + i];
        }
    }

    /// As the contract defines it, made another way.
    function plainId(bytes memory body) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"01", slice(body, 136, 48), slice(body, 328, 192)));
    }

    function dstackId(bytes memory body) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"02", slice(body, 136, 48), slice(body, 328, 144), slice(body, 184, 48)));
    }

    // ── Signatures ──────────────────────────────────────────────────────────────────────────────────────────────────

    function messageOf(bytes32 vkHash, bytes memory publicValues) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(vkHash, publicValues));
    }

    function signatureOf(uint256 key, bytes32 vkHash, bytes memory publicValues) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(messageOf(vkHash, publicValues))));
        return abi.encodePacked(r, s, v);
    }
}
