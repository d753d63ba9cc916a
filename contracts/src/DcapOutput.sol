// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// Reads what a DCAP verifier answers about a TDX quote, in each layout that its releases have had.
///
///   release       0–1            2–5                    status  fmspc  body   tail
///   before 1.0    quote version  tee type 00000081      6       7–12   13     advisories, always
///   1.0           quote version  tee type 81000000      6       7–12   13     advisories, if any
///   1.1 and later quote version  body type (2 bytes)    4       5–10   11     advisories, if any
///
/// Nothing is read before the length is known to hold it: an output may be a few letters of an error code.
library DcapOutput {
    /// The output is shorter than the part that is needed.
    error OutputTooShort(uint256 length, uint256 needed);
    /// The quote is not of a TDX domain, or in a layout that is not known. `head` are the first six bytes of the output.
    error NotTdx(bytes6 head);

    struct Report {
        uint8 tcbStatus;
        bytes6 fmspc;
        bool isTd15;
        /// Where the TD's report starts, as an address in memory.
        uint256 body;
    }

    uint256 private constant HEAD_BYTES = 6;
    uint256 private constant TD10_BYTES = 584;
    uint256 private constant TD15_BYTES = 648;

    function read(bytes memory output) internal pure returns (Report memory report) {
        if (output.length < HEAD_BYTES) revert OutputTooShort(output.length, HEAD_BYTES);
        bytes6 head = bytes6(_word(output, 0));
        uint256 status;
        (status, report.isTd15) = _layoutOf(head);
        uint256 bodyAt = status + 7;
        uint256 needed = bodyAt + (report.isTd15 ? TD15_BYTES : TD10_BYTES);
        if (output.length < needed) revert OutputTooShort(output.length, needed);
        report.tcbStatus = uint8(output[status]);
        report.fmspc = bytes6(_word(output, status + 1));
        uint256 body;
        assembly ("memory-safe") {
            body := add(add(output, 32), bodyAt)
        }
        report.body = body;
    }

    /// TD attributes: the low byte has DEBUG and the other bits under which the host may look inside.
    function isUnderTest(Report memory report) internal pure returns (bool) {
        return bytes1(_load(report.body + 120)) != 0;
    }

    /// A TD 1.5 may be bound to a service TD (migration), which can take its memory elsewhere. TD 1.0 has none.
    function hasServiceTd(Report memory report) internal pure returns (bool) {
        if (!report.isTd15) return false;
        return (uint256(_load(report.body + 600)) | (uint256(_load(report.body + 632)) >> 128)) != 0;
    }

    /// keccak256(01 ‖ mr_td ‖ rtmr0–3)
    function plainMeasurement(Report memory report) internal pure returns (bytes32 id) {
        uint256 body = report.body;
        assembly ("memory-safe") {
            let at := mload(64)
            mstore8(at, 1)
            mcopy(add(at, 1), add(body, 136), 48)
            mcopy(add(at, 49), add(body, 328), 192)
            id := keccak256(at, 241)
        }
    }

    /// keccak256(02 ‖ mr_td ‖ rtmr0–2 ‖ mr_config_id): dstack's RTMR3 differs by instance, and MRCONFIGID carries the compose hash.
    function dstackMeasurement(Report memory report) internal pure returns (bytes32 id) {
        uint256 body = report.body;
        assembly ("memory-safe") {
            let at := mload(64)
            mstore8(at, 2)
            mcopy(add(at, 1), add(body, 136), 48)
            mcopy(add(at, 49), add(body, 328), 144)
            mcopy(add(at, 193), add(body, 184), 48)
            id := keccak256(at, 241)
        }
    }

    function reportData(Report memory report) internal pure returns (bytes32 first, bytes32 second) {
        return (_load(report.body + 520), _load(report.body + 552));
    }

    /// Where the status stands, and whether the body is that of a TD 1.5.
    function _layoutOf(bytes6 head) private pure returns (uint256 status, bool isTd15) {
        uint16 version = uint16(bytes2(head));
        uint32 teeType = uint32(bytes4(head << 16));
        if (version == 4 && (teeType == 0x00000081 || teeType == 0x81000000)) return (6, false);
        uint16 bodyType = uint16(bytes2(head << 16));
        if (bodyType == 2 && (version == 4 || version == 5)) return (4, false);
        if (bodyType == 3 && version == 5) return (4, true);
        revert NotTdx(head);
    }

    function _word(bytes memory data, uint256 at) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), at))
        }
    }

    function _load(uint256 pointer) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(pointer)
        }
    }
}
