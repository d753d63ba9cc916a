// What the quote of a signing key is over: its address, and a hash that binds it to a recent block, to the chain and to the registry; or, where
// there is no registry, to nothing else.
import { keccak_256 } from '@noble/hashes/sha3';
import { type Address, bytesOf } from '../ids.js';

export type Binding = 'v1' | 'v2';

/** A block that the registry has to know. */
export interface BoundBlock {
  readonly number: number;
  /** 32 bytes in hex, without 0x. */
  readonly hash: string;
}

export interface BindingPlace {
  readonly chainId: number;
  readonly registry: Address;
}

const hashOfText = (text: string) => keccak_256(new TextEncoder().encode(text));
const domainType = hashOfText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)');
const registrationType = hashOfText(
  'Registration(address prover,uint256 referenceBlockNumber,bytes32 referenceBlockHash)',
);
const name = hashOfText('SP1 TEE prover registry');
const version = hashOfText('2');

/** An ABI word of a number or an address. */
const word = (value: number | Address): Buffer => {
  const hex = typeof value === 'number' ? value.toString(16) : value;
  return Buffer.from(hex.padStart(64, '0'), 'hex');
};
const wordOfHash = (hash: string) => Buffer.from(hash, 'hex');

/** Of the registry's EIP-712 domain. */
export const domainSeparator = ({ chainId, registry }: BindingPlace): Uint8Array =>
  keccak_256(Buffer.concat([domainType, name, version, word(chainId), word(registry)]));

/** report_data[32:64]. v1 is the model's, which names neither chain nor registry. */
export function bindingHash(binding: Binding, place: BindingPlace, address: Address, reference: BoundBlock) {
  const [number, hash, prover] = [word(reference.number), wordOfHash(reference.hash), word(address)];
  if (binding === 'v1') return keccak_256(Buffer.concat([number, hash, prover]));
  const message = keccak_256(Buffer.concat([registrationType, prover, number, hash]));
  return keccak_256(Buffer.concat([Buffer.of(0x19, 0x01), domainSeparator(place), message]));
}

/** 64 bytes: 12 zeros ‖ address ‖ binding hash. */
export function registryReportData(
  binding: Binding,
  place: BindingPlace,
  address: Address,
  reference: BoundBlock,
): Uint8Array {
  const reportData = new Uint8Array(64);
  reportData.set(bytesOf(address), 12);
  reportData.set(bindingHash(binding, place, address, reference), 32);
  return reportData;
}

const offChainDomain = new TextEncoder().encode('sealed-prover/tee-signer/v1');

/** Without a registry: 12 zeros ‖ address ‖ keccak256(domain ‖ address ‖ nonce), where a nonce of zeros means that no client has chosen one. */
export function offChainReportData(address: Address, nonce = new Uint8Array(32)): Uint8Array {
  const reportData = new Uint8Array(64);
  reportData.set(bytesOf(address), 12);
  reportData.set(keccak_256(Buffer.concat([offChainDomain, bytesOf(address), nonce])), 32);
  return reportData;
}
