// What the machine of a request remembers, as it is written, but for what is a right to its bytes. A new field is shown once it stands here.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { ProofRef, ProofRequest, RecordedExecution, RequestContext } from '../../machines/request/rules.js';
import type { Envelope } from '../../store/buckets.js';

/** Of a field: whether it is shown, as long as it is text, a number or a list of them; or which fields of it are. */
type Shown = boolean | { readonly [field: string]: Shown };

const ofArtifact = { id: false, sha256: true, sizeBytes: true } as const;

const ofProof: Record<keyof ProofRef, Shown> = { ...ofArtifact, signer: { address: true }, found: true };

const ofRequest: Record<keyof ProofRequest, Shown> = {
  requestId: true,
  requester: true,
  flavour: true,
  vkHash: true,
  form: true,
  program: ofArtifact,
  version: true,
  mode: true,
  strategy: true,
  stdin: { ...ofArtifact, private: true },
  stdinPrivate: true,
  deadlineAt: true,
  cycleLimit: true,
  gasLimit: true,
  minAuctionPeriod: true,
  whitelist: true,
  prices: { baseFee: true, maxPricePerPgu: true },
  publicValuesHash: true,
  traceparent: true,
  createdAt: true,
};

/** What this process vouches for names artifacts, and holds its word for them. */
const ofExecution: Record<keyof RecordedExecution, Shown> = {
  cycles: true,
  gas: true,
  publicValuesHash: true,
  vouched: false,
};

const ofContext: Record<keyof RequestContext, Shown> = {
  request: ofRequest,
  tries: { execute: true, prove: true, verify: true },
  engineDeaths: true,
  faults: true,
  lastRefusal: true,
  rejectedProofs: true,
  lane: true,
  execution: ofExecution,
  proof: ofProof,
  retryAt: true,
  // Get has its sentence, and its data may name artifacts.
  failure: { code: true },
  deadlineAt: true,
  priority: true,
  heldUntil: true,
};

export function contextOf({ machine, snapshot }: Envelope): {
  readonly machine: string;
  readonly stateValue: string;
  readonly context: JsonObject;
} {
  const { value, context } = snapshot as { readonly value: unknown; readonly context: JsonValue };
  return { machine, stateValue: JSON.stringify(value), context: shown(context, ofContext) as JsonObject };
}

const isPlain = (value: JsonValue) => typeof value !== 'object' || value === null;

/** Undefined: not at all. */
function shown(value: JsonValue, what: Shown): JsonValue | undefined {
  if (what === false) return undefined;
  if (isPlain(value)) return value;
  if (Array.isArray(value)) return value.every(isPlain) ? value : undefined;
  if (what === true) return undefined;
  const fields = Object.entries(value).flatMap(([name, each]): [string, JsonValue][] => {
    const found = shown(each, (Object.hasOwn(what, name) && what[name]) || false);
    return found === undefined ? [] : [[name, found]];
  });
  return Object.fromEntries(fields);
}
