// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "solady/auth/Ownable.sol";
import {SP1TEEProverRegistry as Registry} from "../src/SP1TEEProverRegistry.sol";
import {REAL_TD10} from "./support/RealBodies.sol";
import {Rig} from "./support/Rig.sol";

/// Who may change what, and what becomes of provers then.
contract PolicyTest is Rig {
    event ProverRevoked(address indexed prover, address by);
    event MeasurementSet(bytes32 indexed measurement, bool allowed, address by);
    event ParametersSet(
        address dcapAttestationVerifier,
        address guardian,
        uint256 attestValiditySeconds,
        uint256 maxBlockNumberDiff,
        uint256 acceptedTcb,
        bool v1Enabled
    );

    function testFuzz_T05_revoked_and_unrecognized_can_never_be_accepted(uint256 mask) public {
        bool isAllowed = mask & ~uint256(0x33f) == 0;
        vm.prank(OWNER);
        if (!isAllowed) vm.expectRevert(abi.encodeWithSelector(Registry.TcbMaskOutOfRange.selector, mask, 0x33f));
        registry.setAcceptedTcb(mask);
        eq(registry.acceptedTcb(), isAllowed ? mask : 1);
    }

    function test_T05_each_bit_of_the_mask() public {
        for (uint256 bit = 0; bit < 256; bit++) {
            vm.prank(OWNER);
            if (bit == 6 || bit == 7 || bit > 9) {
                vm.expectRevert(abi.encodeWithSelector(Registry.TcbMaskOutOfRange.selector, 1 << bit, 0x33f));
            }
            registry.setAcceptedTcb(1 << bit);
        }
    }

    /// A validity without an end once made every address a prover.
    function testFuzz_T14_D08_unregistered_is_never_attested(address who, uint256 validity, uint40 time) public {
        registerProver(prover);
        vm.assume(who != prover);
        bool isAllowed = validity > 0 && validity <= 30 days;
        vm.prank(OWNER);
        if (!isAllowed) {
            vm.expectRevert(abi.encodeWithSelector(Registry.ValidityOutOfRange.selector, validity, 30 days));
        }
        registry.setAttestValiditySeconds(validity);
        vm.warp(time);
        ok(!registry.verifyAttestedProver(who), "unregistered");
        ok(!registry.verifyAttestedProver(address(0)), "zero");
        eq(registry.proverExpiresAt(who), 0);
        eq(registry.attestedProvers(who), 0);
    }

    function test_T14_D08_validity_has_its_bounds() public {
        vm.startPrank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(Registry.ValidityOutOfRange.selector, 0, 30 days));
        registry.setAttestValiditySeconds(0);
        vm.expectRevert(abi.encodeWithSelector(Registry.ValidityOutOfRange.selector, 30 days + 1, 30 days));
        registry.setAttestValiditySeconds(30 days + 1);
        vm.expectRevert(abi.encodeWithSelector(Registry.ValidityOutOfRange.selector, type(uint256).max, 30 days));
        registry.setAttestValiditySeconds(type(uint256).max);
        registry.setAttestValiditySeconds(30 days);
        vm.stopPrank();
        registerProver(prover);
        eq(registry.proverExpiresAt(prover), NOW + 30 days);
    }

    function test_T12_D09_block_distance_has_its_bounds() public {
        vm.startPrank(OWNER);
        for (uint256 i = 0; i < 2; i++) {
            vm.expectRevert(abi.encodeWithSelector(Registry.BlockDiffOutOfRange.selector, i, 256));
            registry.setMaxBlockNumberDiff(i);
        }
        vm.expectRevert(abi.encodeWithSelector(Registry.BlockDiffOutOfRange.selector, 257, 256));
        registry.setMaxBlockNumberDiff(257);
        vm.expectRevert(abi.encodeWithSelector(Registry.BlockDiffOutOfRange.selector, 65_538, 256));
        registry.setMaxBlockNumberDiff(65_538);
        registry.setMaxBlockNumberDiff(256);
        eq(registry.maxBlockNumberDiff(), 256);
    }

    function test_T15_expires_at_the_second() public {
        registerProver(prover);
        vm.warp(NOW + 3599);
        ok(registry.verifyAttestedProver(prover), "the last second");
        vm.warp(NOW + 3600);
        ok(!registry.verifyAttestedProver(prover), "over");
        eq(registry.proverExpiresAt(prover), NOW + 3600);
    }

    function test_T16_changed_parameters_do_not_reach_back() public {
        registerProver(prover);
        vm.startPrank(OWNER);
        registry.setAttestValiditySeconds(1);
        registry.setAcceptedTcb(2);
        registry.setMaxBlockNumberDiff(2);
        registry.setAttestationImpl(address(this));
        vm.stopPrank();
        vm.warp(NOW + 3599);
        ok(registry.verifyAttestedProver(prover), "as it was registered");
        vm.prank(OWNER);
        registry.setAttestValiditySeconds(30 days);
        vm.warp(NOW + 3600);
        ok(!registry.verifyAttestedProver(prover), "no longer than it was registered for");
    }

    function test_T17_D07_revoked_prover_cannot_return() public {
        registerProver(prover);
        vm.expectEmit(true, true, true, true, address(registry));
        emit ProverRevoked(prover, OWNER);
        vm.prank(OWNER);
        registry.revokeProver(prover);
        ok(!registry.verifyAttestedProver(prover), "revoked");
        eq(registry.proverExpiresAt(prover), 0);
        eq(registry.attestedProvers(prover), 0);
        vm.roll(block.number + 1);
        Registry.ReportData memory data = dataOf(prover);
        verifier.answer(true, goodOutput(data));
        vm.expectRevert(abi.encodeWithSelector(Registry.ProverIsRevoked.selector, prover));
        registry.register(data, QUOTE);
    }

    function test_T17_a_key_is_revoked_before_it_registers() public {
        vm.prank(GUARDIAN);
        registry.revokeProver(prover);
        Registry.ReportData memory data = dataOf(prover);
        verifier.answer(true, goodOutput(data));
        vm.expectRevert(abi.encodeWithSelector(Registry.ProverIsRevoked.selector, prover));
        registry.register(data, QUOTE);
    }

    function test_T18_D05_disallowed_measurement_ends_its_provers() public {
        registerProver(prover);
        bytes32 measurement = plainId(REAL_TD10);
        vm.expectEmit(true, true, true, true, address(registry));
        emit MeasurementSet(measurement, false, OWNER);
        vm.prank(OWNER);
        registry.setMeasurement(measurement, false);
        ok(!registry.verifyAttestedProver(prover), "ended");
        eq(registry.proverExpiresAt(prover), 0);
        vm.prank(OWNER);
        registry.setMeasurement(measurement, true);
        ok(registry.verifyAttestedProver(prover), "within its time");
    }

    function test_T19_D07_guardian_can_only_revoke() public {
        registerProver(prover);
        bytes32 measurement = plainId(REAL_TD10);
        vm.startPrank(GUARDIAN);
        _onlyOwner();
        registry.setMeasurement(keccak256("new"), true);
        registry.setMeasurement(measurement, false);
        _onlyOwner();
        registry.setMeasurement(measurement, true);
        vm.stopPrank();
        _setsNothing(GUARDIAN);
        vm.prank(GUARDIAN);
        registry.revokeProver(prover);
    }

    function testFuzz_T19_strangers_can_do_nothing(address who) public {
        vm.assume(who != OWNER && who != GUARDIAN);
        registerProver(prover);
        bytes32 measurement = plainId(REAL_TD10);
        vm.startPrank(who);
        vm.expectRevert(abi.encodeWithSelector(Registry.NotAllowedTo.selector, who));
        registry.revokeProver(prover);
        vm.expectRevert(abi.encodeWithSelector(Registry.NotAllowedTo.selector, who));
        registry.setMeasurement(measurement, false);
        _onlyOwner();
        registry.setMeasurement(measurement, true);
        vm.stopPrank();
        _setsNothing(who);
        ok(registry.verifyAttestedProver(prover), "still there");
    }

    function test_D07_every_change_is_announced() public {
        vm.startPrank(OWNER);
        _announces(address(verifier), GUARDIAN, 60, 100, 1, false);
        registry.setAttestValiditySeconds(60);
        _announces(address(verifier), GUARDIAN, 60, 20, 1, false);
        registry.setMaxBlockNumberDiff(20);
        _announces(address(verifier), GUARDIAN, 60, 20, 3, false);
        registry.setAcceptedTcb(3);
        _announces(address(verifier), GUARDIAN, 60, 20, 3, true);
        registry.setV1Enabled(true);
        _announces(address(verifier), STRANGER, 60, 20, 3, true);
        registry.setGuardian(STRANGER);
        _announces(address(this), STRANGER, 60, 20, 3, true);
        registry.setAttestationImpl(address(this));
        eq(registry.dcapAttestationVerifier(), address(this));
        eq(registry.attestValiditySeconds(), 60);
        ok(registry.v1Enabled(), "v1");
    }

    function test_a_verifier_without_code_is_refused() public {
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(Registry.NoCode.selector, STRANGER));
        registry.setAttestationImpl(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(Registry.NoCode.selector, address(0)));
        new Registry(OWNER, GUARDIAN, address(0), new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(Registry.ZeroAddress.selector));
        new Registry(address(0), GUARDIAN, address(verifier), new bytes32[](0));
    }

    /// Owner and guardian are the only ones: a guardian of zero is none, and a former one is none.
    function test_a_former_guardian_is_none() public {
        vm.prank(OWNER);
        registry.setGuardian(address(0));
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(Registry.NotAllowedTo.selector, GUARDIAN));
        registry.revokeProver(prover);
    }

    function _announces(address impl, address guardian, uint256 validity, uint256 diff, uint256 tcb, bool v1) private {
        vm.expectEmit(true, true, true, true, address(registry));
        emit ParametersSet(impl, guardian, validity, diff, tcb, v1);
    }

    function _onlyOwner() private {
        vm.expectRevert(abi.encodeWithSelector(Ownable.Unauthorized.selector));
    }

    function _setsNothing(address who) private {
        vm.startPrank(who);
        _onlyOwner();
        registry.setAttestValiditySeconds(60);
        _onlyOwner();
        registry.setMaxBlockNumberDiff(20);
        _onlyOwner();
        registry.setAttestationImpl(address(this));
        _onlyOwner();
        registry.setAcceptedTcb(3);
        _onlyOwner();
        registry.setV1Enabled(true);
        _onlyOwner();
        registry.setGuardian(who);
        _onlyOwner();
        registry.transferOwnership(who);
        vm.stopPrank();
    }
}
