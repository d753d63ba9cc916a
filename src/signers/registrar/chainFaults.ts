// What a failing chain or a refusing contract means for a key, and what helps.
import type { SignerFault } from '../../machines/signer/rules.js';
import { ChainError } from './registryChain.js';

/** By the name of the contract's error, or by what the first version of the registry says. */
const staleErrors = [
  'BlockNotPast',
  'BlockTooOld',
  'BlockHashMismatch',
  'ReportAlreadyUsed',
  'invalid block number',
  'block number out-of-date',
  'block number mismatch',
  'report is already used',
];
const refusals: Readonly<Record<string, string>> = {
  MeasurementNotAllowed:
    'the registry does not allow what runs here. Its owner allows it by setMeasurement; `sealed-prover tee measure` has the ids',
  TcbNotAccepted: 'the registry does not accept the TCB status of this platform. Update its firmware, or ask its owner',
  TdUnderTest: 'this domain runs in debug mode: its host can read every key',
  TdHasServiceTd: 'this domain can be moved by a service domain',
  ProverMismatch: 'the quote names another address',
  BindingMismatch: 'the registry wants another binding; look at --tee-binding, --tee-chain-id and --tee-registry',
  ProverIsRevoked: 'the registry has revoked this key',
  NotTdx: 'the registry takes quotes of TDX alone',
  OutputTooShort: 'the DCAP verifier of the registry answers in a form that the registry does not know',
  'report data hash mismatch': 'the registry wants another binding; look at --tee-binding',
  'prover address mismatch': 'the quote names another address',
};

export const nameOfRevert = (detail: string): string => detail.split('(')[0]?.trim() ?? detail;

/** Of a ChainError. Anything else is thrown on. */
export function faultOf(error: unknown): SignerFault {
  if (!(error instanceof ChainError)) throw error;
  const { problem, detail } = error;
  switch (problem) {
    case 'down':
      return { cause: 'rpc', helps: 'again', detail };
    case 'funds':
      return { cause: 'funds', helps: 'again', detail };
    case 'nonce-too-low':
      return { cause: 'nonce', helps: 'again', detail };
    case 'underpriced':
      return { cause: 'fee', helps: 'again', detail };
    case 'revert':
      return faultOfRevert(detail);
    case 'other':
      return { cause: 'rpc', helps: 'again', detail };
  }
}

function faultOfRevert(detail: string): SignerFault {
  const name = nameOfRevert(detail);
  if (staleErrors.includes(name))
    return { cause: 'stale-block', helps: 'new-quote', detail: `the registry finds the quote too old (${detail})` };
  const refusal = refusals[name];
  if (refusal !== undefined) return { cause: 'refused', helps: 'nothing', detail: `${refusal} (${detail})` };
  // A verifier without collateral for this platform may have it tomorrow, and one that takes a fee may be paid.
  return { cause: 'reverted', helps: 'again', detail: `the registry refuses the registration: ${detail}` };
}
