// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDcapVerifier} from "../interfaces/IDcapVerifier.sol";

/// Believes every quote. For development chains and tests only: it checks no signature, and says so by `IS_MOCK`.
/// It answers with the body of the quote it is given, in the layout and with the status that it is set to.
contract MockDcapVerifier is IDcapVerifier {
    /// Releases of the real contract, each with a layout of its own.
    enum Release {
        Before10,
        V10,
        V11
    }

    error Insufficient_Funds();

    bool public constant IS_MOCK = true;

    Release public release = Release.V11;
    uint8 public tcbStatus;
    bytes6 public fmspc = 0x00806f050000;
    uint256 public fee;
    bytes public refusal;

    function setRelease(Release release_) external {
        release = release_;
    }

    function setTcbStatus(uint8 status) external {
        tcbStatus = status;
    }

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    /// From now on every quote is refused with this code; empty: none is.
    function setRefusal(bytes calldata code) external {
        refusal = code;
    }

    function verifyAndAttestOnChain(bytes calldata rawQuote)
        external
        payable
        virtual
        returns (bool success, bytes memory output)
    {
        if (msg.value < fee) revert Insufficient_Funds();
        if (msg.value > fee) {
            // As the real one does it.
            (bool isPaid,) = tx.origin.call{value: msg.value - fee}("");
            require(isPaid);
        }
        if (refusal.length > 0) return (false, refusal);
        if (rawQuote.length < 632) return (false, "QUOTE");
        return (true, outputOf(rawQuote));
    }

    /// A v4 quote has its body (TD 1.0) behind 48 bytes of header; a v5 quote has a type and a size before it.
    function outputOf(bytes calldata quote) public view returns (bytes memory) {
        bool isV5 = quote[0] == 0x05;
        bytes2 version = isV5 ? bytes2(0x0005) : bytes2(0x0004);
        bytes2 bodyType = bytes2(0x0002);
        bytes calldata body = quote[48:632];
        if (isV5) {
            bodyType = bytes2(abi.encodePacked(quote[49], quote[48]));
            body = quote[54:bodyType == bytes2(0x0003) ? 702 : 638];
        }
        bytes memory advisories = abi.encode(new string[](0));
        if (release == Release.Before10) {
            return abi.encodePacked(version, hex"00000081", tcbStatus, fmspc, body, advisories);
        }
        if (release == Release.V10) return abi.encodePacked(version, hex"81000000", tcbStatus, fmspc, body);
        return abi.encodePacked(version, bodyType, tcbStatus, fmspc, body);
    }
}
