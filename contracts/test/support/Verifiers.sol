// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MockDcapVerifier} from "../../src/dev/MockDcapVerifier.sol";
import {IDcapVerifier} from "../../src/interfaces/IDcapVerifier.sol";

/// Answers what it was told to, whatever the quote: outputs of the real contract, and what that contract should never answer.
contract RecordedVerifier is IDcapVerifier {
    bool private _success;
    bytes private _output;

    function answer(bool success, bytes calldata output) external {
        _success = success;
        _output = output;
    }

    function verifyAndAttestOnChain(bytes calldata) external payable returns (bool, bytes memory) {
        return (_success, _output);
    }
}

/// Calls back into its caller once, with what it was given to call, before it answers.
contract NestingVerifier is MockDcapVerifier {
    bytes private _nested;
    bool public isNestedDone;

    function nest(bytes calldata nested) external {
        _nested = nested;
    }

    function verifyAndAttestOnChain(bytes calldata rawQuote)
        external
        payable
        override
        returns (bool success, bytes memory output)
    {
        bytes memory nested = _nested;
        if (nested.length > 0) {
            _nested = "";
            (isNestedDone,) = msg.sender.call(nested);
        }
        return (true, outputOf(rawQuote));
    }
}

/// An account that runs code when it is paid, as one can under EIP-7702.
contract PaidCaller {
    address private _target;
    bytes private _nested;
    bool public isNestedDone;

    function arm(address target, bytes calldata nested) external {
        (_target, _nested) = (target, nested);
    }

    receive() external payable {
        if (_nested.length == 0) return;
        (isNestedDone,) = _target.call(_nested);
    }
}
