// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DcapOutput} from "../src/DcapOutput.sol";
import {SP1TEEProverRegistry as Registry} from "../src/SP1TEEProverRegistry.sol";
import {REAL_TD10, REAL_TD15} from "./support/RealBodies.sol";
import {Rig} from "./support/Rig.sol";

/// What a quote must be to register a key. T is a test of the plan, D a defect of the contracts that these replace.
contract RegistrationTest is Rig {
    event ProverRegistered(
        address indexed prover,
        bytes32 indexed measurement,
        uint256 registeredAt,
        uint256 expiresAt,
        uint8 tcbStatus,
        bytes6 fmspc,
        uint8 binding
    );

    // ── Layouts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_T01_D02_registers_in_all_four_layouts() public {
        for (uint8 i = 0; i < 4; i++) {
            address who = address(uint160(0x1000 + i));
            Registry.ReportData memory data = dataOf(who);
            bytes memory body = Layout(i) == Layout.V11Td15 ? REAL_TD15 : REAL_TD10;
            verifier.answer(true, outputOf(Layout(i), 0, boundBody(body, data)));
            vm.expectEmit(true, true, true, true, address(registry));
            emit ProverRegistered(who, plainId(body), NOW, NOW + 3600, 0, 0x50806f000000, 2);
            registry.register(data, QUOTE);
            ok(registry.verifyAttestedProver(who), "attested");
            eq(registry.proverExpiresAt(who), NOW + 3600);
            eq(registry.attestedProvers(who), NOW);
        }
    }

    function test_T02_D15_refuses_sgx() public {
        bytes memory old = abi.encodePacked(hex"000300000000", uint8(0), bytes6(0), new bytes(384), new bytes(584));
        verifier.answer(true, old);
        Registry.ReportData memory data = dataOf(prover);
        vm.expectRevert(abi.encodeWithSelector(DcapOutput.NotTdx.selector, bytes6(hex"000300000000")));
        registry.register(data, QUOTE);
        verifier.answer(true, abi.encodePacked(hex"00040001", uint8(0), bytes6(0), new bytes(648)));
        vm.expectRevert(abi.encodeWithSelector(DcapOutput.NotTdx.selector, bytes6(hex"000400010000")));
        registry.register(data, QUOTE);
    }

    /// A layout that is not known is not read by guess: another version, another type of body.
    function testFuzz_T02_refuses_every_other_head(uint16 version, uint32 teeType) public {
        uint16 bodyType = uint16(teeType >> 16);
        bool isOld = version == 4 && (teeType == 0x81 || teeType == 0x81000000);
        bool isNew = (bodyType == 2 && (version == 4 || version == 5)) || (bodyType == 3 && version == 5);
        vm.assume(!isOld && !isNew);
        Registry.ReportData memory data = dataOf(prover);
        bytes memory body = boundBody(REAL_TD15, data);
        verifier.answer(true, abi.encodePacked(version, teeType, uint8(0), bytes6(0), body));
        vm.expectRevert(abi.encodeWithSelector(DcapOutput.NotTdx.selector, bytes6(abi.encodePacked(version, teeType))));
        registry.register(data, QUOTE);
    }

    /// Verifiers have answered (true, "TCBR") for revoked platforms.
    function test_T03_D10_refuses_short_output_with_success() public {
        Registry.ReportData memory data = dataOf(prover);
        verifier.answer(true, "TCBR");
        vm.expectRevert(abi.encodeWithSelector(DcapOutput.OutputTooShort.selector, 4, 6));
        registry.register(data, QUOTE);
        verifier.answer(true, "");
        vm.expectRevert(abi.encodeWithSelector(DcapOutput.OutputTooShort.selector, 0, 6));
        registry.register(data, QUOTE);
    }

    function testFuzz_T03_D10_refuses_outputs_cut_anywhere(uint8 layout, uint16 cutAt) public {
        Layout chosen = Layout(layout % 4);
        Registry.ReportData memory data = dataOf(prover);
        bytes memory body = boundBody(chosen == Layout.V11Td15 ? REAL_TD15 : REAL_TD10, data);
        bytes memory output = outputOf(chosen, 0, body);
        uint256 needed = (chosen == Layout.Before10 || chosen == Layout.V10 ? 13 : 11) + body.length;
        uint256 length = cutAt % needed;
        verifier.answer(true, slice(output, 0, length));
        vm.expectRevert(abi.encodeWithSelector(DcapOutput.OutputTooShort.selector, length, length < 6 ? 6 : needed));
        registry.register(data, QUOTE);
    }

    function test_refuses_what_the_verifier_refuses() public {
        Registry.ReportData memory data = dataOf(prover);
        verifier.answer(false, goodOutput(data));
        vm.expectRevert(abi.encodeWithSelector(Registry.QuoteRefused.selector, goodOutput(data)));
        registry.register(data, QUOTE);
        verifier.answer(false, "TCBR");
        vm.expectRevert(abi.encodeWithSelector(Registry.QuoteRefused.selector, bytes("TCBR")));
        registry.register(data, QUOTE);
    }

    // ── Gates ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_T04_D03_refuses_every_status_but_the_accepted() public {
        for (uint256 accepted = 0; accepted < 10; accepted++) {
            if (accepted == 6 || accepted == 7) continue;
            vm.prank(OWNER);
            registry.setAcceptedTcb(1 << accepted);
            for (uint256 status = 0; status < 256; status++) {
                address who = address(uint160(0x10000 + accepted * 256 + status));
                Registry.ReportData memory data = dataOf(who);
                verifier.answer(true, outputOf(Layout.V11Td10, uint8(status), boundBody(REAL_TD10, data)));
                if (status != accepted) {
                    vm.expectRevert(abi.encodeWithSelector(Registry.TcbNotAccepted.selector, uint8(status)));
                }
                registry.register(data, QUOTE);
                ok(registry.verifyAttestedProver(who) == (status == accepted), "only the accepted one");
            }
        }
    }

    function test_T06_D04_refuses_debug_td() public {
        for (uint256 bit = 0; bit < 8; bit++) {
            bytes memory attributes = abi.encodePacked(uint8(1 << bit));
            refuses(patched(REAL_TD10, 120, attributes), abi.encodeWithSelector(Registry.TdUnderTest.selector));
            refuses(patched(REAL_TD15, 120, attributes), abi.encodeWithSelector(Registry.TdUnderTest.selector));
        }
    }

    function testFuzz_T07_refuses_service_td(uint8 at, uint8 value) public {
        vm.assume(value != 0);
        bytes memory body = patched(REAL_TD15, 600 + (at % 48), abi.encodePacked(value));
        refuses(body, abi.encodeWithSelector(Registry.TdHasServiceTd.selector));
    }

    /// The bytes where a TD 1.5 has its service TD are behind the body of a TD 1.0: the list of advisories.
    function test_T07_a_td10_has_no_service_td() public {
        Registry.ReportData memory data = dataOf(prover);
        verifier.answer(
            true, bytes.concat(goodOutput(data), hex"ffffffffffffffffffffffffffffffffffffffff", new bytes(64))
        );
        registry.register(data, QUOTE);
        ok(registry.verifyAttestedProver(prover), "attested");
    }

    function test_D05_refuses_a_measurement_that_is_not_allowed() public {
        // Each register of the measurement by itself, its first and its last byte.
        uint16[5] memory starts = [136, 328, 376, 424, 472];
        for (uint256 i = 0; i < 10; i++) {
            bytes memory body = patched(REAL_TD10, starts[i / 2] + (i % 2) * 47, hex"5a");
            refuses(
                body, abi.encodeWithSelector(Registry.MeasurementNotAllowed.selector, plainId(body), dstackId(body))
            );
        }
    }

    /// Nothing else is in a measurement, nonces and host data for example: another byte there, and the quote registers all the same.
    function testFuzz_D05_measurements_hang_on_their_registers_alone(uint16 at, uint8 value) public {
        at = at % 520;
        Registry.ReportData memory data = dataOf(prover);
        bytes memory bound = boundBody(REAL_TD10, data);
        // The low byte of the attributes has a rule of its own.
        vm.assume(at != 120 && uint8(bound[at]) != value);
        bytes memory body = patched(bound, at, abi.encodePacked(value));
        bool isMeasured = (at >= 136 && at < 184) || at >= 328;
        verifier.answer(true, outputOf(Layout.V11Td10, 0, body));
        if (isMeasured) {
            vm.expectRevert(
                abi.encodeWithSelector(Registry.MeasurementNotAllowed.selector, plainId(body), dstackId(body))
            );
        }
        registry.register(data, QUOTE);
        ok(registry.verifyAttestedProver(prover) != isMeasured, "registers with the same measurement only");
    }

    function test_D05_measurement_ids_are_those_of_the_vectors() public {
        bytes memory body = new bytes(584);
        for (uint256 i = 0; i < 584; i++) {
            body[i] = bytes1(uint8(i));
        }
        bytes32 plain = 0x7c93f02ec92fd38f81ffe6c5f73768a559bbbfb2171cc5704c6b98fd571c161c;
        bytes32 dstack = 0x0778164d0746b739376132b3edc1545dfb11f8de99dc8e98eab3e6117e9d7d32;
        eq(plainId(body), plain);
        eq(dstackId(body), dstack);
        // Its attributes would say debug.
        refuses(
            patched(body, 120, hex"00"), abi.encodeWithSelector(Registry.MeasurementNotAllowed.selector, plain, dstack)
        );
    }

    function test_D05_dstack_measurement_leaves_rtmr3_open() public {
        Registry.ReportData memory data = dataOf(prover);
        bytes memory body = patched(boundBody(REAL_TD10, data), 472, hex"1234");
        vm.prank(OWNER);
        registry.setMeasurement(dstackId(body), true);
        verifier.answer(true, outputOf(Layout.V11Td10, 0, body));
        registry.register(data, QUOTE);
        (, bytes32 measurement) = registry.registrationOf(prover);
        eq(measurement, dstackId(body));
        bytes memory otherCompose = patched(body, 184, hex"77");
        data = dataOf(STRANGER);
        verifier.answer(true, outputOf(Layout.V11Td10, 0, otherCompose));
        vm.expectRevert(
            abi.encodeWithSelector(
                Registry.MeasurementNotAllowed.selector, plainId(otherCompose), dstackId(otherCompose)
            )
        );
        registry.register(data, QUOTE);
    }

    // ── Replay ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function testFuzz_T08_D01_replay_with_trailing_bytes_is_refused(bytes calldata tail, bytes calldata outputTail)
        public
    {
        registerProver(prover);
        Registry.ReportData memory data = dataOf(prover);
        verifier.answer(true, bytes.concat(goodOutput(data), outputTail));
        bytes32 used = keccak256(reportDataOf(data, registry.bindingHash(data)));
        ok(registry.attestedReports(used), "kept by report_data");
        vm.expectRevert(abi.encodeWithSelector(Registry.ReportAlreadyUsed.selector, used));
        registry.register(data, bytes.concat(QUOTE, tail));
    }

    function test_a_new_quote_extends() public {
        registerProver(prover);
        vm.roll(block.number + 5);
        vm.warp(NOW + 60);
        registerProver(prover);
        eq(registry.proverExpiresAt(prover), NOW + 60 + 3600);
    }

    function test_verifyAttestation_answers_the_report_data() public {
        Registry.ReportData memory data = dataOf(prover);
        verifier.answer(true, goodOutput(data));
        bytes memory found = registry.verifyAttestation(QUOTE);
        eq(keccak256(found), keccak256(reportDataOf(data, registry.bindingHash(data))));
        ok(!registry.verifyAttestedProver(prover), "asking registers nobody");
        verifier.answer(true, outputOf(Layout.V11Td10, 0, patched(REAL_TD10, 120, hex"01")));
        vm.expectRevert(abi.encodeWithSelector(Registry.TdUnderTest.selector));
        registry.verifyAttestation(QUOTE);
    }
}
