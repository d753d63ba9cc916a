// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SP1TEEProverRegistry as Registry} from "../src/SP1TEEProverRegistry.sol";
import {REAL_TD10, REAL_TD15} from "./support/RealBodies.sol";
import {Rig} from "./support/Rig.sol";

/// Registers, revokes, allows, disallows and lets time pass, in any order, and keeps account of it in a way of its own.
contract Operator is Rig {
    struct Account {
        uint256 expiresAt;
        bytes32 measurement;
        bool isRevoked;
    }

    uint256 public constant PROVERS = 4;
    mapping(address => Account) public accountOf;
    mapping(bytes32 => bool) public isAllowed;
    uint256 public registered;
    uint256 private _validity = 3600;

    function setUp() public override {
        super.setUp();
        isAllowed[plainId(REAL_TD10)] = true;
        isAllowed[plainId(REAL_TD15)] = true;
    }

    function registryOf() external view returns (Registry) {
        return registry;
    }

    function proverOf(uint256 index) public pure returns (address) {
        return address(uint160(0x9000 + (index % PROVERS)));
    }

    function register(uint256 index, bool isTd15, uint8 status) external {
        address who = proverOf(index);
        Registry.ReportData memory data = dataOf(who);
        bytes memory body = boundBody(isTd15 ? REAL_TD15 : REAL_TD10, data);
        status = status % 3;
        verifier.answer(true, outputOf(isTd15 ? Layout.V11Td15 : Layout.V11Td10, status, body));
        bool mayRegister = status == 0 && isAllowed[plainId(body)] && !accountOf[who].isRevoked;
        try registry.register(data, QUOTE) {
            ok(mayRegister, "must not register");
            accountOf[who].expiresAt = block.timestamp + _validity;
            accountOf[who].measurement = plainId(body);
            registered++;
        } catch (bytes memory reason) {
            ok(!mayRegister || bytes4(reason) == Registry.ReportAlreadyUsed.selector, "must register");
        }
    }

    function revoke(uint256 index, uint8 by) external {
        // Rarely, or nobody would be left.
        if (by % 8 != 0) return;
        vm.prank(by % 16 == 0 ? OWNER : GUARDIAN);
        registry.revokeProver(proverOf(index));
        accountOf[proverOf(index)].isRevoked = true;
    }

    function setMeasurement(bool isTd15, bool allowed) external {
        bytes32 id = plainId(isTd15 ? REAL_TD15 : REAL_TD10);
        vm.prank(OWNER);
        registry.setMeasurement(id, allowed);
        isAllowed[id] = allowed;
    }

    function setValidity(uint256 seconds_) external {
        _validity = 1 + (seconds_ % 7200);
        vm.prank(OWNER);
        registry.setAttestValiditySeconds(_validity);
    }

    function pass(uint16 seconds_) external {
        vm.warp(block.timestamp + seconds_ % 1800);
        vm.roll(block.number + 1 + seconds_ / 12);
    }
}

contract InvariantsTest is Rig {
    Operator private operator;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public override {
        super.setUp();
        operator = new Operator();
        operator.setUp();
    }

    /// forge asks for these: what it may call.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(operator);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(operator);
        targets[0].selectors = new bytes4[](5);
        targets[0].selectors[0] = Operator.register.selector;
        targets[0].selectors[1] = Operator.revoke.selector;
        targets[0].selectors[2] = Operator.setMeasurement.selector;
        targets[0].selectors[3] = Operator.setValidity.selector;
        targets[0].selectors[4] = Operator.pass.selector;
    }

    /// T30: attested ⇔ registered, unexpired, unrevoked, of an allowed measurement.
    function invariant_T30_attested_means_registered_unexpired_unrevoked_allowed() public view {
        Registry registry = operator.registryOf();
        for (uint256 i = 0; i < operator.PROVERS(); i++) {
            address who = operator.proverOf(i);
            (uint256 expiresAt, bytes32 measurement, bool isRevoked) = operator.accountOf(who);
            bool expected = expiresAt > block.timestamp && !isRevoked && operator.isAllowed(measurement);
            ok(registry.verifyAttestedProver(who) == expected, "attested");
            ok((registry.proverExpiresAt(who) > block.timestamp) == expected, "expires");
        }
        ok(!registry.verifyAttestedProver(address(0)), "zero");
        ok(address(registry).balance == 0, "keeps no money");
    }
}
