// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SP1TEEProverRegistry as Registry} from "../src/SP1TEEProverRegistry.sol";
import {REAL_TD10} from "./support/RealBodies.sol";
import {Rig} from "./support/Rig.sol";

/// What a quote is bound to: a chain, a registry, a recent block, a key.
contract BindingTest is Rig {
    address private constant VECTOR_REGISTRY = 0x5FbDB2315678afecb367f032d93F642f64180aa3;
    bytes32 private constant VECTOR_BLOCK_HASH = 0xabababababababababababababababababababababababababababababababab;
    address private constant VECTOR_PROVER = 0x24f467036294dAcac4D86ba2ED17323514FB1616;

    function test_binding_is_that_of_the_vectors() public {
        vm.etch(VECTOR_REGISTRY, address(registry).code);
        Registry at = Registry(VECTOR_REGISTRY);
        eq(at.domainSeparator(), 0x154181ccaefd1b41e3db1f5690ddaa74ed6c7e8dbc177f127edb59eca11b863a);
        Registry.ReportData memory data = Registry.ReportData(8_170_000, VECTOR_BLOCK_HASH, VECTOR_PROVER);
        eq(at.bindingHash(data), 0xc4129753730143125fd2d74b3a47316cd5c4a003d3946641ca2202ceee4f2b79);
        eq(keccak256(abi.encode(data)), 0xbb18a0b0528354430fac4c171b0123d9ab1cd801f84724742bef0d304018e114);
    }

    function test_T09_D06_binding_of_another_chain_is_refused() public {
        Registry.ReportData memory data = dataOf(prover);
        vm.chainId(1);
        bytes32 elsewhere = registry.bindingHash(data);
        vm.chainId(31337);
        _refusesBinding(data, elsewhere);
    }

    function test_T10_D06_binding_of_another_registry_is_refused() public {
        Registry.ReportData memory data = dataOf(prover);
        Registry other = new Registry(OWNER, GUARDIAN, address(verifier), new bytes32[](0));
        _refusesBinding(data, other.bindingHash(data));
    }

    function testFuzz_binding_of_other_data_is_refused(uint256 number, bytes32 hash, address who) public {
        Registry.ReportData memory data = dataOf(prover);
        vm.assume(number != data.referenceBlockNumber && hash != data.referenceBlockHash && who != prover);
        _refusesBinding(data, registry.bindingHash(Registry.ReportData(number, data.referenceBlockHash, prover)));
        _refusesBinding(data, registry.bindingHash(Registry.ReportData(data.referenceBlockNumber, hash, prover)));
        _refusesBinding(
            data, registry.bindingHash(Registry.ReportData(data.referenceBlockNumber, data.referenceBlockHash, who))
        );
    }

    function test_T11_v1_binding_needs_its_switch() public {
        Registry.ReportData memory data = dataOf(prover);
        bytes32 v1 = keccak256(abi.encode(data));
        _refusesBinding(data, v1);
        vm.prank(OWNER);
        registry.setV1Enabled(true);
        verifier.answer(true, outputOf(Layout.V10, 0, withReportData(REAL_TD10, reportDataOf(data, v1))));
        registry.register(data, QUOTE);
        (Registry.Registration memory registration,) = registry.registrationOf(prover);
        eq(registration.binding, 1);
        eq(registration.verifier, address(verifier));
        vm.prank(OWNER);
        registry.setV1Enabled(false);
        _refusesBindingOf(STRANGER);
    }

    function test_T12_D09_future_old_and_unknown_blocks_are_refused() public {
        uint256 current = block.number;
        _refusesBlock(
            current, blockhash(current), abi.encodeWithSelector(Registry.BlockNotPast.selector, current, current)
        );
        _refusesBlock(
            current + 1, bytes32(0), abi.encodeWithSelector(Registry.BlockNotPast.selector, current + 1, current)
        );
        _refusesBlock(
            current - 100,
            blockhash(current - 100),
            abi.encodeWithSelector(Registry.BlockTooOld.selector, current - 100, current)
        );
        bytes32 unknown = keccak256("another fork");
        _refusesBlock(
            current - 1, unknown, abi.encodeWithSelector(Registry.BlockHashMismatch.selector, current - 1, unknown)
        );
        Registry.ReportData memory data = dataOf(prover, current - 99);
        verifier.answer(true, goodOutput(data));
        registry.register(data, QUOTE);
        ok(registry.verifyAttestedProver(prover), "the oldest that is allowed");
    }

    /// `blockhash` is 0 for a block that it does not know: no claim of 0 may meet that.
    function test_T12_D09_hash_0_is_refused_at_distance_257_and_in_the_window() public {
        vm.prank(OWNER);
        registry.setMaxBlockNumberDiff(256);
        uint256 far = block.number - 257;
        eq(blockhash(far), 0);
        _refusesBlock(far, 0, abi.encodeWithSelector(Registry.BlockTooOld.selector, far, block.number));
        uint256 near = block.number - 3;
        vm.setBlockhash(near, 0);
        _refusesBlock(near, 0, abi.encodeWithSelector(Registry.BlockHashMismatch.selector, near, bytes32(0)));
    }

    function testFuzz_T13_D11_dirty_address_word_is_refused(uint96 dirt) public {
        vm.assume(dirt != 0);
        Registry.ReportData memory data = dataOf(prover);
        bytes32 word = bytes32((uint256(dirt) << 160) | uint160(prover));
        bytes memory body = withReportData(REAL_TD10, abi.encodePacked(word, registry.bindingHash(data)));
        refuses(body, abi.encodeWithSelector(Registry.ProverMismatch.selector, word, prover));
    }

    function test_the_quote_of_another_key_is_refused() public {
        Registry.ReportData memory data = dataOf(prover);
        bytes memory body =
            withReportData(REAL_TD10, abi.encodePacked(uint256(uint160(STRANGER)), registry.bindingHash(data)));
        refuses(
            body, abi.encodeWithSelector(Registry.ProverMismatch.selector, bytes32(uint256(uint160(STRANGER))), prover)
        );
    }

    function test_the_zero_address_is_refused() public {
        Registry.ReportData memory data = dataOf(address(0));
        verifier.answer(true, goodOutput(data));
        vm.expectRevert(abi.encodeWithSelector(Registry.ZeroAddress.selector));
        registry.register(data, QUOTE);
    }

    function _refusesBinding(Registry.ReportData memory data, bytes32 binding) private {
        bytes32 expected = registry.bindingHash(data);
        bytes memory body = withReportData(REAL_TD10, reportDataOf(data, binding));
        refuses(body, abi.encodeWithSelector(Registry.BindingMismatch.selector, binding, expected));
    }

    function _refusesBindingOf(address who) private {
        Registry.ReportData memory data = dataOf(who);
        bytes32 v1 = keccak256(abi.encode(data));
        bytes memory body = withReportData(REAL_TD10, reportDataOf(data, v1));
        verifier.answer(true, outputOf(Layout.V10, 0, body));
        vm.expectRevert(abi.encodeWithSelector(Registry.BindingMismatch.selector, v1, registry.bindingHash(data)));
        registry.register(data, QUOTE);
    }

    /// The verifier would have no complaint.
    function _refusesBlock(uint256 number, bytes32 hash, bytes memory expected) private {
        Registry.ReportData memory data = Registry.ReportData(number, hash, prover);
        verifier.answer(true, goodOutput(data));
        vm.expectRevert(expected);
        registry.register(data, QUOTE);
    }
}
