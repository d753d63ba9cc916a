// What an auction client has to put into its requests. There are no bids here and nothing is paid. The terms only have to be complete,
// and the domain separates a request that was signed for this service from one for another network.
import { createHash } from 'node:crypto';
import { malformed } from '../../failures/malformed.js';
import { type Address, bytesOf, parseAddress } from '../../ids.js';

const digestOf = (name: string) => createHash('sha256').update(`sealed-prover: ${name}`).digest();

/** Opaque to clients, copied into what they sign. The same for every instance: a request may move to another one of the same owner. */
export const domain = new Uint8Array(digestOf('domain of signed requests'));

/** An address of 20 bytes (SDKs panic at another length) without a known key: it names a role, and is paid nothing. */
const roleAddress = (role: string) => parseAddress(new Uint8Array(digestOf(role).subarray(0, 20))) as Address;

/** The one that SDKs put on the whitelist of a request. */
export const prover = roleAddress('prover');

/** SDKs multiply prices in 64 bits and some panic on overflow: zero is safe, and true. */
export const free = '0';

export const parties = {
  auctioneer: bytesOf(roleAddress('auctioneer')),
  executor: bytesOf(roleAddress('executor')),
  verifier: bytesOf(roleAddress('verifier')),
  treasury: bytesOf(roleAddress('treasury')),
};

/** A body that was signed for another network could be replayed here, and one for here elsewhere. */
export function assertOurDomain(bytes: Uint8Array): void {
  if (!Buffer.from(domain).equals(bytes))
    throw malformed(
      'domain',
      'the request was signed for another network; GetProofRequestParams names the one for here',
    );
}
