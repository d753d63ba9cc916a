// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "solady/auth/Ownable.sol";
import {DcapOutput} from "./DcapOutput.sol";
import {IDcapVerifier} from "./interfaces/IDcapVerifier.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";

/// Keys that were made inside enclaves with an allowed measurement, each registered by a DCAP quote and for a time.
/// Whoever trusts it trusts the DCAP verifier, that verifier's owner and the owner of this contract. Quotes are in the calldata of
/// `register`: an auditor fetches them from the chain.
contract SP1TEEProverRegistry is Ownable, IProverRegistry {
    using DcapOutput for DcapOutput.Report;

    /// What a quote speaks for: the key, and a recent block, which makes it fresh.
    struct ReportData {
        uint256 referenceBlockNumber;
        bytes32 referenceBlockHash;
        address proverAddress;
    }

    /// All but the measurement, in one slot.
    struct Registration {
        uint40 registeredAt;
        uint40 expiresAt;
        uint8 tcbStatus;
        uint8 binding;
        address verifier;
    }

    event ProverRegistered(
        address indexed prover,
        bytes32 indexed measurement,
        uint256 registeredAt,
        uint256 expiresAt,
        uint8 tcbStatus,
        bytes6 fmspc,
        uint8 binding
    );
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

    /// The reference block is this one or a later one.
    error BlockNotPast(uint256 referenceBlock, uint256 currentBlock);
    /// The reference block is `maxBlockNumberDiff` blocks back or more: make a new quote.
    error BlockTooOld(uint256 referenceBlock, uint256 currentBlock);
    /// This chain does not know the reference block under that hash.
    error BlockHashMismatch(uint256 referenceBlock, bytes32 given);
    /// The verifier refuses the quote. `code` is its own short word for it.
    error QuoteRefused(bytes code);
    /// `acceptedTcb` does not have this status.
    error TcbNotAccepted(uint8 status);
    /// The host can look into this domain (debug).
    error TdUnderTest();
    /// Another domain (a service TD) can move this one.
    error TdHasServiceTd();
    /// Neither of the two ids of what runs there is allowed.
    error MeasurementNotAllowed(bytes32 plain, bytes32 dstack);
    /// report_data[0:32] is not the prover's address with 12 zero bytes before it.
    error ProverMismatch(bytes32 found, address prover);
    /// report_data[32:64] does not bind the quote to this chain, this registry, the block and the prover.
    error BindingMismatch(bytes32 found, bytes32 expected);
    /// This report_data has registered a prover before.
    error ReportAlreadyUsed(bytes32 reportDataHash);
    /// The prover was revoked, for good.
    error ProverIsRevoked(address prover);
    /// Neither the owner nor, where it only takes something away, the guardian.
    error NotAllowedTo(address caller);
    error ZeroAddress();
    error NoCode(address account);
    error ValidityOutOfRange(uint256 given, uint256 most);
    error BlockDiffOutOfRange(uint256 given, uint256 most);
    error TcbMaskOutOfRange(uint256 given, uint256 most);

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME_HASH = keccak256("SP1 TEE prover registry");
    bytes32 private constant VERSION_HASH = keccak256("2");
    bytes32 private constant REGISTRATION_TYPEHASH =
        keccak256("Registration(address prover,uint256 referenceBlockNumber,bytes32 referenceBlockHash)");

    uint256 private constant MOST_VALIDITY_SECONDS = 30 days;
    /// `blockhash` knows no more.
    uint256 private constant MOST_BLOCK_DIFF = 256;
    /// 6 (revoked) and 7 (unrecognized) can never be accepted. 8 and 9 are "relaunch advised".
    uint256 private constant MOST_TCB_MASK = 0x33f;
    uint8 private constant BINDING_V1 = 1;
    uint8 private constant BINDING_V2 = 2;

    /// By keccak256(report_data): nothing that can be appended to a quote makes it another one.
    mapping(bytes32 reportDataHash => bool) public attestedReports;
    mapping(address prover => Registration) private _registrations;
    mapping(address prover => bytes32) private _measurementOf;
    mapping(bytes32 measurement => bool) public isMeasurementAllowed;
    mapping(address prover => bool) public isProverRevoked;

    address public dcapAttestationVerifier;
    uint40 private _attestValiditySeconds = 3600;
    uint16 private _maxBlockNumberDiff = 100;
    uint16 private _acceptedTcb = 1;
    bool public v1Enabled;
    /// May revoke provers and disallow measurements, nothing else.
    address public guardian;

    constructor(address owner_, address guardian_, address dcapVerifier, bytes32[] memory measurements) {
        if (owner_ == address(0)) revert ZeroAddress();
        if (dcapVerifier.code.length == 0) revert NoCode(dcapVerifier);
        _initializeOwner(owner_);
        guardian = guardian_;
        dcapAttestationVerifier = dcapVerifier;
        for (uint256 i = 0; i < measurements.length; i++) {
            _setMeasurement(measurements[i], true);
        }
        _announceParameters();
    }

    // ── Registration ────────────────────────────────────────────────────────────────────────────────────────────────

    /// Registers `data.proverAddress` for `attestValiditySeconds`. Anybody may send it. The value pays the verifier's fee; what is left goes
    /// back to tx.origin, as the verifier has it.
    /// Nothing stands between the replay check and the writes, and the verifier is called before both: a nested call for the same
    /// report_data makes the outer one revert.
    function register(ReportData calldata data, bytes calldata quote) external payable {
        _requireFresh(data.referenceBlockNumber, data.referenceBlockHash);
        address verifier = dcapAttestationVerifier;
        DcapOutput.Report memory report = _attest(verifier, quote);
        bytes32 measurement = _allowedMeasurement(report);
        (bytes32 first, bytes32 second) = report.reportData();
        uint8 binding = _bindingOf(data, first, second);
        _useReport(first, second);
        _record(data.proverAddress, measurement, verifier, report, binding);
    }

    /// Has the verifier check a quote, applies the rules for TCB, debug and measurement, and answers its report_data (64 bytes).
    function verifyAttestation(bytes calldata quote) external payable returns (bytes memory) {
        DcapOutput.Report memory report = _attest(dcapAttestationVerifier, quote);
        _allowedMeasurement(report);
        (bytes32 first, bytes32 second) = report.reportData();
        return abi.encodePacked(first, second);
    }

    function _requireFresh(uint256 number, bytes32 hash) private view {
        if (number >= block.number) revert BlockNotPast(number, block.number);
        if (block.number - number >= _maxBlockNumberDiff) revert BlockTooOld(number, block.number);
        // `blockhash` is 0 where it does not know the block.
        if (hash == 0 || blockhash(number) != hash) revert BlockHashMismatch(number, hash);
    }

    function _attest(address verifier, bytes calldata quote) private returns (DcapOutput.Report memory report) {
        (bool success, bytes memory output) = IDcapVerifier(verifier).verifyAndAttestOnChain{value: msg.value}(quote);
        if (!success) revert QuoteRefused(output);
        report = DcapOutput.read(output);
        if ((_acceptedTcb >> report.tcbStatus) & 1 == 0) revert TcbNotAccepted(report.tcbStatus);
        if (report.isUnderTest()) revert TdUnderTest();
        if (report.hasServiceTd()) revert TdHasServiceTd();
    }

    /// The plain id comes first: it holds RTMR3 too.
    function _allowedMeasurement(DcapOutput.Report memory report) private view returns (bytes32) {
        bytes32 plain = report.plainMeasurement();
        if (isMeasurementAllowed[plain]) return plain;
        bytes32 dstack = report.dstackMeasurement();
        if (isMeasurementAllowed[dstack]) return dstack;
        revert MeasurementNotAllowed(plain, dstack);
    }

    function _bindingOf(ReportData calldata data, bytes32 first, bytes32 second) private view returns (uint8) {
        address prover = data.proverAddress;
        if (prover == address(0)) revert ZeroAddress();
        if (uint256(first) != uint160(prover)) revert ProverMismatch(first, prover);
        bytes32 expected = bindingHash(data);
        if (second == expected) return BINDING_V2;
        if (v1Enabled && second == keccak256(abi.encode(data))) return BINDING_V1;
        revert BindingMismatch(second, expected);
    }

    function _useReport(bytes32 first, bytes32 second) private {
        bytes32 reportDataHash = keccak256(abi.encodePacked(first, second));
        if (attestedReports[reportDataHash]) revert ReportAlreadyUsed(reportDataHash);
        attestedReports[reportDataHash] = true;
    }

    function _record(
        address prover,
        bytes32 measurement,
        address verifier,
        DcapOutput.Report memory report,
        uint8 binding
    ) private {
        if (isProverRevoked[prover]) revert ProverIsRevoked(prover);
        uint40 registeredAt = uint40(block.timestamp);
        uint40 expiresAt = registeredAt + _attestValiditySeconds;
        _registrations[prover] = Registration(registeredAt, expiresAt, report.tcbStatus, binding, verifier);
        _measurementOf[prover] = measurement;
        emit ProverRegistered(prover, measurement, registeredAt, expiresAt, report.tcbStatus, report.fmspc, binding);
    }

    // ── What others ask ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProverRegistry
    function verifyAttestedProver(address prover) external view returns (bool) {
        return proverExpiresAt(prover) > block.timestamp;
    }

    /// When the prover's registration ends; 0 for one that is unregistered, revoked, or of a measurement that is not allowed any more.
    function proverExpiresAt(address prover) public view returns (uint256) {
        uint256 expiresAt = _registrations[prover].expiresAt;
        if (expiresAt == 0 || !isMeasurementAllowed[_measurementOf[prover]]) return 0;
        return expiresAt;
    }

    /// When the prover was registered last; 0 for one that is unregistered or revoked.
    function attestedProvers(address prover) external view returns (uint256) {
        return _registrations[prover].registeredAt;
    }

    /// By what the prover was registered last; all zero for one that is unregistered or revoked.
    function registrationOf(address prover)
        external
        view
        returns (Registration memory registration, bytes32 measurement)
    {
        return (_registrations[prover], _measurementOf[prover]);
    }

    /// How long a registration of now holds.
    function attestValiditySeconds() external view returns (uint256) {
        return _attestValiditySeconds;
    }

    /// The reference block must be fewer blocks back.
    function maxBlockNumberDiff() external view returns (uint256) {
        return _maxBlockNumberDiff;
    }

    /// A bit for each status of the verifier: bit 0 is UpToDate.
    function acceptedTcb() external view returns (uint256) {
        return _acceptedTcb;
    }

    /// The domain of this registry on this chain (EIP-712).
    function domainSeparator() public view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
    }

    /// What report_data[32:64] must be: the EIP-712 hash of `Registration` in the domain of this registry.
    function bindingHash(ReportData calldata data) public view returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(REGISTRATION_TYPEHASH, data.proverAddress, data.referenceBlockNumber, data.referenceBlockHash)
        );
        return keccak256(abi.encodePacked(hex"1901", domainSeparator(), structHash));
    }

    // ── Taking away: owner or guardian ──────────────────────────────────────────────────────────────────────────────

    /// Ends a prover for good, also one that is not registered yet.
    function revokeProver(address prover) external {
        _requireOwnerOrGuardian();
        isProverRevoked[prover] = true;
        delete _registrations[prover];
        delete _measurementOf[prover];
        emit ProverRevoked(prover, msg.sender);
    }

    /// Disallowing a measurement ends all its provers at once; allowing it again brings back those that have not expired.
    function setMeasurement(bytes32 measurement, bool allowed) external {
        if (allowed) _checkOwner();
        else _requireOwnerOrGuardian();
        _setMeasurement(measurement, allowed);
    }

    function _requireOwnerOrGuardian() private view {
        if (msg.sender != owner() && msg.sender != guardian) revert NotAllowedTo(msg.sender);
    }

    function _setMeasurement(bytes32 measurement, bool allowed) private {
        isMeasurementAllowed[measurement] = allowed;
        emit MeasurementSet(measurement, allowed, msg.sender);
    }

    // ── Parameters: owner ───────────────────────────────────────────────────────────────────────────────────────────

    /// For registrations from now on.
    function setAttestValiditySeconds(uint256 seconds_) external onlyOwner {
        if (seconds_ == 0 || seconds_ > MOST_VALIDITY_SECONDS) {
            revert ValidityOutOfRange(seconds_, MOST_VALIDITY_SECONDS);
        }
        _attestValiditySeconds = uint40(seconds_);
        _announceParameters();
    }

    function setMaxBlockNumberDiff(uint256 blocks) external onlyOwner {
        // The block before this one is 1 back, so 1 would let nothing in.
        if (blocks < 2 || blocks > MOST_BLOCK_DIFF) revert BlockDiffOutOfRange(blocks, MOST_BLOCK_DIFF);
        _maxBlockNumberDiff = uint16(blocks);
        _announceParameters();
    }

    function setAttestationImpl(address verifier) external onlyOwner {
        if (verifier.code.length == 0) revert NoCode(verifier);
        dcapAttestationVerifier = verifier;
        _announceParameters();
    }

    /// For registrations from now on.
    function setAcceptedTcb(uint256 mask) external onlyOwner {
        if (mask & ~MOST_TCB_MASK != 0) revert TcbMaskOutOfRange(mask, MOST_TCB_MASK);
        _acceptedTcb = uint16(mask);
        _announceParameters();
    }

    /// The binding of the first version names neither chain nor registry. For provers that know no other.
    function setV1Enabled(bool enabled) external onlyOwner {
        v1Enabled = enabled;
        _announceParameters();
    }

    function setGuardian(address guardian_) external onlyOwner {
        guardian = guardian_;
        _announceParameters();
    }

    function _announceParameters() private {
        emit ParametersSet(
            dcapAttestationVerifier, guardian, _attestValiditySeconds, _maxBlockNumberDiff, _acceptedTcb, v1Enabled
        );
    }
}
