// Why a registry must not be used, and what to do: the checks before the first key is registered.
import { anvilAccounts } from '../../contracts/anvilAccounts.js';
import { type Address, shownId } from '../../ids.js';
import { type Binding, domainSeparator } from '../../tee/reportData.js';
import type { RegistryFacts } from './registryFacts.js';

export interface RegistryExpectations {
  readonly chainId: number;
  readonly registry: Address;
  readonly binding: Binding;
  /** NODE_ENV=production. */
  readonly isProduction: boolean;
  /** Which the operator has stated: production wants the registry to accept these alone. */
  readonly tcbStatuses: readonly number[];
}

/** A sentence or two for the operator. Undefined when all holds. */
export function registryProblem(facts: RegistryFacts, expected: RegistryExpectations): string | undefined {
  const shown = shownId(expected.registry);
  if (facts.chainId !== expected.chainId)
    return `The RPC serves chain ${facts.chainId}, and --tee-chain-id is ${expected.chainId}. Name the RPC of that chain with --tee-rpc, or the chain you mean.`;
  if (!facts.hasCode)
    return `There is no contract at ${shown} on chain ${facts.chainId}. Name the registry with --tee-registry, or deploy one.`;
  if (facts.verifier === undefined)
    return `The contract at ${shown} is no prover registry: it names no DCAP verifier. Look at --tee-registry.`;
  if (!facts.verifierHasCode)
    return `The registry ${shown} names ${shownId(facts.verifier)} as its DCAP verifier, and there is no contract. Its owner sets one by setAttestationImpl.`;
  return (
    problemOfBinding(facts, expected, shown) ??
    (expected.isProduction ? problemInProduction(facts, expected, shown) : undefined)
  );
}

function problemOfBinding(facts: RegistryFacts, expected: RegistryExpectations, shown: string): string | undefined {
  if (expected.binding === 'v1') {
    if (facts.domainSeparator !== undefined && !facts.v1Enabled)
      return `The registry ${shown} takes no quotes of binding v1. Leave --tee-binding away: v2 is the default.`;
    return undefined;
  }
  if (facts.domainSeparator === undefined)
    return `The registry ${shown} is of the first version, whose quotes are bound to no chain and no registry. Name one of version 2, or take that into account with --tee-binding v1.`;
  if (facts.domainSeparator !== Buffer.from(domainSeparator(expected)).toString('hex'))
    return `The registry ${shown} has another domain than this service expects, and would refuse every quote. Look at --tee-chain-id, and that no proxy stands before the registry.`;
  return undefined;
}

function problemInProduction(
  { isMock, owner, verifier, acceptedTcb }: RegistryFacts,
  { tcbStatuses }: RegistryExpectations,
  shown: string,
): string | undefined {
  if (isMock && verifier !== undefined)
    return `This is production (NODE_ENV), and the DCAP verifier ${shownId(verifier)} of the registry ${shown} is a mock, which believes every quote. Use a registry with a real one.`;
  if (owner !== undefined && anvilAccounts.includes(shownId(owner)))
    return `This is production (NODE_ENV), and the owner of the registry ${shown} is an account of anvil, whose private key everybody has. Hand the registry over to another one.`;
  const accepted = acceptedTcb === undefined ? undefined : statusesIn(acceptedTcb);
  const stated = [...new Set(tcbStatuses)].sort();
  if (accepted !== undefined && accepted.join() !== stated.join())
    return `This is production (NODE_ENV), and the registry ${shown} accepts the TCB statuses ${accepted.join(',') || 'none'}, where ${stated.join(',')} is stated. Say --tee-tcb-statuses ${accepted.join(',')} if that is meant, or have its owner call setAcceptedTcb.`;
  return undefined;
}

const statusesIn = (mask: number): number[] =>
  Array.from({ length: 10 }, (_, at) => at).filter((at) => (mask >> at) & 1);
