// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "solady/auth/Ownable.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {ISP1Verifier, ISP1VerifierWithHash} from "./interfaces/ISP1Verifier.sol";

/// Verifies TEE proofs: signatures over (vk hash, public values) by a key of the registry. It speaks the model's calls, and SP1's
/// `verifyProof`, so that it can be a route of SP1's gateway.
///
///   digest = keccak256(sha256(vkHash ‖ publicValues)), 65 bytes r ‖ s ‖ v, v 27 or 28, s in the lower half
///
/// A signature says nothing about chain, consumer or time. Replay is the consumer's matter: put a nonce into the public values.
contract SP1MultiProof is Ownable, ISP1VerifierWithHash {
    event TEEProverRegistrySet(address registry);
    event GatewaySet(address gateway);

    /// The signer is not an attested prover.
    error Invalid_TEE_Signer(address signer);
    /// The message is not the 32 bytes of sha256(vkHash ‖ publicValues).
    error MessageLength(uint256 length);
    error SignatureLength(uint256 length);
    error SignatureV(uint8 v);
    /// The other half of the curve: each signature has one form only.
    error SignatureHighS(uint256 s);
    /// No key has made it.
    error SignatureInvalid();
    error ProofLength(uint256 length);
    /// SP1's own error: the first four bytes are of another verifier.
    error WrongVerifierSelector(bytes4 received, bytes4 expected);
    /// A program's key in bytes32 form has 248 bits.
    error VKeyTooLarge(bytes32 programVKey);
    /// `verifyBoth` wants two kinds of proof. This one is a signature too.
    error NotZkProof(bytes4 selector);
    error ZeroAddress();
    error NoCode(address account);

    /// keccak256("SP1MultiProof/TEE/v2"). Its first four bytes stand before a signature where SP1's proof bytes are asked for.
    bytes32 public constant VERIFIER_HASH = keccak256("SP1MultiProof/TEE/v2");

    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    uint256 private constant SIGNATURE_BYTES = 65;

    IProverRegistry public teeProverRegistry;
    /// SP1's gateway, which `verifyBoth` asks. 0 where there is none.
    ISP1Verifier public gateway;

    constructor(address owner_, address registry, address gateway_) {
        if (owner_ == address(0)) revert ZeroAddress();
        _initializeOwner(owner_);
        _setRegistry(registry);
        if (gateway_ != address(0)) _setGateway(gateway_);
    }

    /// The model's call: `message` is sha256(vkHash ‖ publicValues). A consumer that takes it from its caller has verified nothing: make it
    /// from values of your own, or call the function below.
    function verifyTEEProof(bytes calldata message, bytes calldata signature) external view {
        if (message.length != 32) revert MessageLength(message.length);
        _requireAttested(bytes32(message), signature);
    }

    /// Answers the signer. `vkHash` is SP1's `hash_bytes`, not its bytes32.
    function verifyTEEProof(bytes32 vkHash, bytes calldata publicValues, bytes calldata signature)
        external
        view
        returns (address)
    {
        return _verify(vkHash, publicValues, signature);
    }

    /// @inheritdoc ISP1Verifier
    /// @dev `proofBytes` = VERIFIER_HASH[0:4] ‖ signature.
    function verifyProof(bytes32 programVKey, bytes calldata publicValues, bytes calldata proofBytes) external view {
        if (proofBytes.length != 4 + SIGNATURE_BYTES) revert ProofLength(proofBytes.length);
        bytes4 selector = bytes4(proofBytes);
        if (selector != bytes4(VERIFIER_HASH)) revert WrongVerifierSelector(selector, bytes4(VERIFIER_HASH));
        _verify(unpackVKey(programVKey), publicValues, proofBytes[4:]);
    }

    /// Two proofs of one statement: a proof that SP1's gateway accepts, and a signature.
    function verifyBoth(
        bytes32 programVKey,
        bytes calldata publicValues,
        bytes calldata zkProof,
        bytes calldata teeSignature
    ) external view {
        ISP1Verifier asked = gateway;
        if (address(asked) == address(0)) revert ZeroAddress();
        // The gateway may have a route to this contract: one signature must not count twice.
        if (zkProof.length < 4) revert ProofLength(zkProof.length);
        if (bytes4(zkProof) == bytes4(VERIFIER_HASH)) revert NotZkProof(bytes4(zkProof));
        asked.verifyProof(programVKey, publicValues, zkProof);
        _verify(unpackVKey(programVKey), publicValues, teeSignature);
    }

    /// SP1's `hash_bytes` of a program's key: the bytes32 form has 8 words of 31 bits, this one 8 words of 32.
    function unpackVKey(bytes32 programVKey) public pure returns (bytes32) {
        uint256 packed = uint256(programVKey);
        if (packed >> 248 != 0) revert VKeyTooLarge(programVKey);
        uint256 unpacked = packed & 0x7fffffff;
        // Word i moves up by i bits: its place in the one form is 31 · i, in the other 32 · i.
        unpacked |= (packed << 1) & (0x7fffffff << 32);
        unpacked |= (packed << 2) & (0x7fffffff << 64);
        unpacked |= (packed << 3) & (0x7fffffff << 96);
        unpacked |= (packed << 4) & (0x7fffffff << 128);
        unpacked |= (packed << 5) & (0x7fffffff << 160);
        unpacked |= (packed << 6) & (0x7fffffff << 192);
        unpacked |= (packed << 7) & (0x7fffffff << 224);
        return bytes32(unpacked);
    }

    function setTEEProverRegistry(address registry) external onlyOwner {
        _setRegistry(registry);
    }

    /// 0 takes `verifyBoth` away.
    function setGateway(address gateway_) external onlyOwner {
        _setGateway(gateway_);
    }

    function _setRegistry(address registry) private {
        if (registry.code.length == 0) revert NoCode(registry);
        teeProverRegistry = IProverRegistry(registry);
        emit TEEProverRegistrySet(registry);
    }

    function _setGateway(address gateway_) private {
        if (gateway_ != address(0) && gateway_.code.length == 0) revert NoCode(gateway_);
        gateway = ISP1Verifier(gateway_);
        emit GatewaySet(gateway_);
    }

    function _verify(bytes32 vkHash, bytes calldata publicValues, bytes calldata signature)
        private
        view
        returns (address)
    {
        return _requireAttested(sha256(abi.encodePacked(vkHash, publicValues)), signature);
    }

    function _requireAttested(bytes32 message, bytes calldata signature) private view returns (address signer) {
        bytes32 digest;
        assembly ("memory-safe") {
            mstore(0, message)
            digest := keccak256(0, 32)
        }
        signer = _recover(digest, signature);
        if (!teeProverRegistry.verifyAttestedProver(signer)) revert Invalid_TEE_Signer(signer);
    }

    function _recover(bytes32 digest, bytes calldata signature) private pure returns (address signer) {
        if (signature.length != SIGNATURE_BYTES) revert SignatureLength(signature.length);
        uint256 r;
        uint256 s;
        uint8 v;
        assembly ("memory-safe") {
            r := calldataload(signature.offset)
            s := calldataload(add(signature.offset, 32))
            v := byte(0, calldataload(add(signature.offset, 64)))
        }
        if (v != 27 && v != 28) revert SignatureV(v);
        if (s > HALF_ORDER) revert SignatureHighS(s);
        signer = ecrecover(digest, v, bytes32(r), bytes32(s));
        if (signer == address(0)) revert SignatureInvalid();
    }
}
