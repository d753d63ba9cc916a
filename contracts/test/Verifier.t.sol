// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SP1TEEProverRegistry as Registry} from "../src/SP1TEEProverRegistry.sol";
import {MockDcapVerifier} from "../src/dev/MockDcapVerifier.sol";
import {REAL_TD10, REAL_TD15} from "./support/RealBodies.sol";
import {Rig} from "./support/Rig.sol";
import {NestingVerifier, PaidCaller} from "./support/Verifiers.sol";

/// The call to the verifier: what it costs, and what may happen in it.
contract VerifierTest is Rig {
    NestingVerifier private mock;

    function setUp() public override {
        super.setUp();
        mock = new NestingVerifier();
        vm.prank(OWNER);
        registry.setAttestationImpl(address(mock));
    }

    function test_T20_D14_fee_is_forwarded_and_refunded() public {
        MockDcapVerifier asksFee = new MockDcapVerifier();
        asksFee.setFee(1 ether);
        vm.prank(OWNER);
        registry.setAttestationImpl(address(asksFee));
        Registry.ReportData memory data = dataOf(prover);
        bytes memory quote = _quoteOf(data);
        vm.deal(STRANGER, 5 ether);
        vm.prank(STRANGER, STRANGER);
        vm.expectRevert(abi.encodeWithSelector(MockDcapVerifier.Insufficient_Funds.selector));
        registry.register{value: 1 ether - 1}(data, quote);
        vm.prank(STRANGER, STRANGER);
        registry.register{value: 3 ether}(data, quote);
        eq(address(asksFee).balance, 1 ether);
        eq(STRANGER.balance, 4 ether);
        eq(address(registry).balance, 0);
        ok(registry.verifyAttestedProver(prover), "attested");
        vm.prank(STRANGER, STRANGER);
        registry.verifyAttestation{value: 2 ether}(quote);
        eq(STRANGER.balance, 3 ether);
        eq(address(registry).balance, 0);
    }

    function test_T21_nested_register_cannot_double() public {
        Registry.ReportData memory data = dataOf(prover);
        bytes memory quote = _quoteOf(data);
        mock.nest(abi.encodeCall(Registry.register, (data, quote)));
        bytes32 used = keccak256(reportDataOf(data, registry.bindingHash(data)));
        vm.expectRevert(abi.encodeWithSelector(Registry.ReportAlreadyUsed.selector, used));
        registry.register(data, quote);
        ok(!registry.verifyAttestedProver(prover), "all of it is undone");
    }

    /// A nested registration of another key is a registration like any other, and takes nothing from the outer one.
    function test_T21_nested_register_of_another_key_is_one_more() public {
        Registry.ReportData memory other = dataOf(STRANGER);
        Registry.ReportData memory data = dataOf(prover);
        mock.nest(abi.encodeCall(Registry.register, (other, _quoteOf(other))));
        registry.register(data, _quoteOf(data));
        ok(mock.isNestedDone(), "nested");
        ok(registry.verifyAttestedProver(prover) && registry.verifyAttestedProver(STRANGER), "both");
    }

    function test_T21_a_refund_that_runs_code_cannot_double() public {
        MockDcapVerifier refunds = new MockDcapVerifier();
        vm.prank(OWNER);
        registry.setAttestationImpl(address(refunds));
        PaidCaller caller = new PaidCaller();
        Registry.ReportData memory data = dataOf(prover);
        bytes memory quote = _quoteOf(data);
        caller.arm(address(registry), abi.encodeCall(Registry.register, (data, quote)));
        vm.deal(address(caller), 1 ether);
        bytes32 used = keccak256(reportDataOf(data, registry.bindingHash(data)));
        vm.prank(address(caller), address(caller));
        vm.expectRevert(abi.encodeWithSelector(Registry.ReportAlreadyUsed.selector, used));
        registry.register{value: 1 ether}(data, quote);
    }

    /// Between check and effect there is no call: a prover that is revoked while its quote is verified does not register.
    function test_T21_revoked_meanwhile_does_not_register() public {
        vm.prank(OWNER);
        registry.setGuardian(address(mock));
        Registry.ReportData memory data = dataOf(prover);
        bytes memory quote = _quoteOf(data);
        mock.nest(abi.encodeCall(Registry.revokeProver, (prover)));
        vm.expectRevert(abi.encodeWithSelector(Registry.ProverIsRevoked.selector, prover));
        registry.register(data, quote);
    }

    function test_mock_answers_in_each_layout() public {
        mock.setTcbStatus(3);
        vm.prank(OWNER);
        registry.setAcceptedTcb(1 << 3);
        for (uint8 i = 0; i < 4; i++) {
            mock.setRelease(MockDcapVerifier.Release(i % 3));
            address who = address(uint160(0x2000 + i));
            Registry.ReportData memory data = dataOf(who);
            bytes memory body = boundBody(i == 3 ? REAL_TD15 : REAL_TD10, data);
            if (i == 3) mock.setRelease(MockDcapVerifier.Release.V11);
            bytes memory quote = i == 3
                ? abi.encodePacked(hex"0500", new bytes(46), hex"030088020000", body, new bytes(200))
                : abi.encodePacked(hex"0400", new bytes(46), body, new bytes(200));
            registry.register(data, quote);
            (Registry.Registration memory registration,) = registry.registrationOf(who);
            eq(registration.tcbStatus, 3);
            eq(registration.verifier, address(mock));
        }
        ok(mock.IS_MOCK(), "says so");
    }

    function test_mock_refuses_with_a_code() public {
        MockDcapVerifier refusing = new MockDcapVerifier();
        refusing.setRefusal("TCBR");
        vm.prank(OWNER);
        registry.setAttestationImpl(address(refusing));
        Registry.ReportData memory data = dataOf(prover);
        bytes memory quote = _quoteOf(data);
        vm.expectRevert(abi.encodeWithSelector(Registry.QuoteRefused.selector, bytes("TCBR")));
        registry.register(data, quote);
    }

    function _quoteOf(Registry.ReportData memory data) private view returns (bytes memory) {
        return abi.encodePacked(hex"0400", new bytes(46), boundBody(REAL_TD10, data), new bytes(4374));
    }
}
