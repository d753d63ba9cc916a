// Verifies a TEE proof by a registry: the key that signed has to be registered there, by a quote that the caller's policy accepts.
import type { ProverRegistration } from '../contracts/askRegistry.js';
import { givenAddress, givenMeasurement } from './givenId.js';
import { type TeeCheck, type TeeVerdict, type VerifyTeeProofParameters, verifyTeeProof } from './verifyTeeProof.js';

export interface VerifyTeeProofOnChainParameters extends VerifyTeeProofParameters {
  /** It is believed: use one of your own. */
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly registry: string;
  /** Ids of what may have signed. Default: what the registry's owner allows. */
  readonly measurements?: readonly string[];
  /** DCAP verifiers of which one has to have accepted the quote. Default: the one that the registry's owner has set. */
  readonly dcapVerifiers?: readonly string[];
  /** TCB statuses, as the DCAP verifier numbers them, of which the platform's has to be one. Default: what the registry's owner accepts. */
  readonly tcbStatuses?: readonly number[];
}

export interface TeeVerdictOnChain extends TeeVerdict {
  /** Until when the chain accepts it, in Unix seconds; 0 where it does not. */
  readonly expiresAt: number;
}

/**
 * One verdict, with the check `registry` in place of `signer`, and `policy` where there is one. With `signers` the key has to be one of them too.
 * Throws PROOF_MALFORMED and ID_INVALID. An RPC that does not answer is a check that fails.
 * @example
 * ```ts
 * const registry = '0x5FbD…0aa3';
 * const rpcUrl = 'https://rpc.example.org';
 * const { ok, expiresAt } = await verifyTeeProofOnChain({ proof: file, vkHash, rpcUrl, chainId: 1, registry });
 * ```
 */
export async function verifyTeeProofOnChain(parameters: VerifyTeeProofOnChainParameters): Promise<TeeVerdictOnChain> {
  const verdict = verifyTeeProof(parameters);
  const registry = givenAddress(parameters.registry);
  const policy = policyOf(parameters);
  const { rpcUrl, chainId } = parameters;
  // viem weighs 60 MB, and only this needs it.
  const { askRegistry } = await import('../contracts/askRegistry.js');
  const answer =
    verdict.signer === undefined
      ? { problem: 'There is no key to ask for.' }
      : await askRegistry({ rpcUrl, chainId, registry, prover: verdict.signer });
  const checks = [
    ...verdict.checks.filter(({ id }) => id !== 'signer' || parameters.signers !== undefined),
    registryCheck(answer),
    ...(policy === undefined ? [] : [policyCheck(answer, policy)]),
  ];
  const ok = checks.every((each) => each.ok);
  return { ...verdict, ok, checks, expiresAt: ok && 'expiresAt' in answer ? answer.expiresAt : 0 };
}

type Answer = ProverRegistration | { readonly problem: string };

interface Policy {
  readonly measurements: readonly string[] | undefined;
  readonly dcapVerifiers: readonly string[] | undefined;
  readonly tcbStatuses: readonly number[] | undefined;
}

function policyOf({ measurements, dcapVerifiers, tcbStatuses }: VerifyTeeProofOnChainParameters): Policy | undefined {
  if ([measurements, dcapVerifiers, tcbStatuses].every((each) => each === undefined)) return undefined;
  return {
    measurements: measurements?.map(givenMeasurement),
    dcapVerifiers: dcapVerifiers?.map(givenAddress),
    tcbStatuses,
  };
}

function registryCheck(answer: Answer): TeeCheck {
  if ('problem' in answer) return { id: 'registry', ok: false, detail: answer.problem };
  const { isAttested, expiresAt } = answer;
  const until = new Date(expiresAt * 1000).toISOString();
  const detail = isAttested
    ? `The key is registered until ${until}.`
    : expiresAt === 0
      ? 'The key is not registered, or was revoked, or its measurement is not allowed any more.'
      : `The registration of the key has ended at ${until}.`;
  return { id: 'registry', ok: isAttested, detail };
}

/** The registry's owner can be wrong, and can be somebody else tomorrow. */
function policyCheck(answer: Answer, { measurements, dcapVerifiers, tcbStatuses }: Policy): TeeCheck {
  if ('problem' in answer) return { id: 'policy', ok: false, detail: 'There is no registration to look at.' };
  const { measurement, verifier, tcbStatus, binding } = answer;
  const problems = [
    measurements?.includes(measurement) === false && `the measurement 0x${measurement} is not listed`,
    dcapVerifiers?.some((each) => each === verifier) === false && `the DCAP verifier 0x${verifier} is not listed`,
    tcbStatuses?.includes(tcbStatus) === false && `the TCB status ${tcbStatus} is not listed`,
    binding !== 2 && `the quote is bound to no chain and no registry (binding ${binding})`,
  ].filter((problem) => problem !== false);
  const ok = problems.length === 0;
  return {
    id: 'policy',
    ok,
    detail: ok ? 'The registration is as it has to be.' : `It is not: ${problems.join(', ')}.`,
  };
}
