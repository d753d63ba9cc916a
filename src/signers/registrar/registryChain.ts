// The port to a chain with a registry: what is read and sent, and the ways in which that fails.
import type { Address } from '../../ids.js';
import type { Claim } from './registrar.js';

export interface Head {
  readonly number: number;
  /** Of its parent, in hex: the youngest block that a registration may name. */
  readonly parentHash: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface Receipt {
  readonly hash: string;
  readonly block: number;
  readonly isSuccess: boolean;
}

export interface RegistrationFacts {
  /** Unix seconds; 0 for what is not registered, or does not count. */
  readonly registeredAt: number;
  readonly expiresAt: number;
  /** For good, or by what its measurement has become. */
  readonly isRevoked: boolean;
}

/** What goes with a registration. The value pays the DCAP verifier, and what is left of it comes back. */
export interface Payment extends Fees {
  readonly value: bigint;
}

export interface Unsent extends Payment {
  readonly nonce: number;
  readonly gas: bigint;
}

/** Each rejects with a ChainError. */
export interface RegistryChain {
  head(): Promise<Head>;
  registrationOf(prover: Address): Promise<RegistrationFacts>;
  maxBlockNumberDiff(): Promise<number>;
  fees(): Promise<Fees>;
  /** Of the registrar's account: the next one by the last block, whatever waits. */
  nonce(): Promise<number>;
  /** Wei. */
  balance(): Promise<bigint>;
  /** Tries the registration without cost, at these fees: a verifier may ask a share of them. Answers what it would take. */
  estimateGas(claim: Claim, payment: Payment): Promise<bigint>;
  /** Signs, and broadcasts. Answers the hash also when the answer to the broadcast was lost. */
  send(claim: Claim, transaction: Unsent): Promise<string>;
  /** Of those that are in a block. */
  receipts(hashes: readonly string[]): Promise<readonly Receipt[]>;
  /** What `register` is called with, in hex. */
  calldata(claim: Claim): string;
}

/** `down`: nothing was heard. `revert`: the contract says no, by the name of its error. The others are the pool's. */
export type ChainProblem = 'down' | 'revert' | 'funds' | 'nonce-too-low' | 'underpriced' | 'other';

export class ChainError extends Error {
  override readonly name = 'ChainError';
  constructor(
    readonly problem: ChainProblem,
    /** Of a revert: the error's name and its arguments, or what it says. In our own words otherwise. */
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}
