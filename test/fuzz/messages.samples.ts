// A valid message of every method that this port serves, made from the generated descriptors: a method that is added is fuzzed without a word
// here.
import { readdirSync } from 'node:fs';
import {
  create,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  fromBinary,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf';
import { circuitVersion } from '../../src/client/requestProof.js';
import { createSigner } from '../../src/client/signer.js';
import { holdingClock } from '../../src/clock.js';
import { Health } from '../../src/gen/grpc/health/v1/health_pb.js';
import { bytesOf } from '../../src/ids.js';
import type { SdkDependencies } from '../../src/rpc/sdk/dependencies.js';
import { sdkMethods } from '../../src/rpc/sdk/service.js';
import { envelope } from '../../src/testkit/service/serviceCalls.js';
import { deadlineIn, sampleVkHash } from '../../src/testkit/service/serviceRequests.js';

/** One schema of one path: the paths that serve two are here twice. */
export interface Call {
  /** For example `RequestProof`, or `RequestProof of network.auction`. */
  readonly name: string;
  readonly path: string;
  readonly input: DescMessage;
  readonly output: DescMessage;
}

async function generated(): Promise<DescFile[]> {
  const folder = new URL('../../src/gen/', import.meta.url);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('_pb.ts'));
  const modules = await Promise.all(names.map((name) => import(new URL(name, folder).href) as Promise<object>));
  return modules
    .flatMap((module) => Object.values(module))
    .filter((value): value is DescFile => value?.kind === 'file');
}

const files = await generated();
const callOf = (method: DescMethod): Call => ({
  name: method.name,
  path: `/${method.parent.typeName}/${method.name}`,
  input: method.input,
  output: method.output,
});
/** Descriptors are there of other ports too, and of what only the public network serves. What a method answers needs its dependencies, its path does not. */
const served = new Set(sdkMethods({} as SdkDependencies).map(({ path }) => path));
const methods = files
  .flatMap((file) => file.services)
  .flatMap((service) => service.methods)
  .filter((method) => method.parent.typeName === Health.typeName || served.has(callOf(method).path));
const messages = files.flatMap((file) => file.messages);

/** Each method with its own input, and with every message of the same name in another package. */
export const calls: readonly Call[] = methods.flatMap((method) => [
  callOf(method),
  ...messages
    .filter(({ name, typeName }) => name === method.input.name && typeName !== method.input.typeName)
    .map((input) => ({
      ...callOf(method),
      name: `${method.name} of ${input.file.proto.package}`,
      input,
    })),
]);

/** What a valid message needs that is not always the same. */
export interface Circumstances {
  readonly nonce: bigint;
  readonly requestId: Uint8Array;
  /** Uploaded, and asked for by nobody yet. */
  readonly stdinUri: string;
  /** Uploaded, and not registered yet. */
  readonly program: { readonly programUri: string; readonly vk: Uint8Array; readonly vkHash: Uint8Array };
  /** What the service says that auction clients must repeat, by the names of the fields. */
  readonly terms: Readonly<Record<string, unknown>>;
}

export const signers = { alice: createSigner('01'.repeat(32)), mallory: createSigner('02'.repeat(32)) };
const alice = new Uint8Array(Buffer.from(signers.alice.address, 'hex'));
const hour = 3_600_000;

/** By local name. What is not here keeps its default. */
const valuesIn = (schema: DescMessage, now: Circumstances): Readonly<Record<string, unknown>> => ({
  format: 1,
  artifactType: 2,
  address: alice,
  requester: alice,
  limit: 5,
  nonce: now.nonce,
  requestId: now.requestId,
  vkHash: bytesOf(sampleVkHash),
  version: circuitVersion,
  mode: 1,
  strategy: 1,
  stdinUri: now.stdinUri,
  deadline: deadlineIn(holdingClock, hour),
  cycleLimit: 2n ** 64n - 1n,
  gasLimit: 2n ** 64n - 1n,
  minAuctionPeriod: 1n,
  whitelist: [new Uint8Array(20)],
  ...now.terms,
  // Who brings a key registers a program; the others name the one that is registered.
  ...(schema.fields.some(({ name }) => name === 'vk') && now.program),
});
/** Filters: with all of them set nothing would ever be found. */
const optional = new Set(['requester', 'limit']);

function valid(schema: DescMessage, now: Circumstances): Uint8Array {
  const values = valuesIn(schema, now);
  const init = Object.fromEntries(
    schema.fields
      .filter((field) => field.localName in values && isOfItsKind(field, values[field.localName]))
      .filter((field) => !field.proto.proto3Optional || optional.has(field.localName))
      .map(({ localName }) => [localName, values[localName]]),
  );
  return toBinary(schema, create(schema, init));
}

/** A name that another schema gives to another type keeps its default. */
function isOfItsKind(field: DescField, value: unknown): boolean {
  if (field.fieldKind === 'list') return Array.isArray(value);
  if (field.fieldKind === 'enum') return typeof value === 'number';
  if (field.fieldKind !== 'scalar') return false;
  if (field.scalar === ScalarType.BYTES) return value instanceof Uint8Array;
  if (field.scalar === ScalarType.STRING) return typeof value === 'string';
  if (field.scalar === ScalarType.UINT64) return typeof value === 'bigint';
  return typeof value === 'number';
}

/** The bytes of a valid message; `spoil` gets the part that is signed before it is, when there is one. */
export function messageOf(
  input: DescMessage,
  now: Circumstances,
  signer: keyof typeof signers,
  spoil: (signed: Uint8Array) => Uint8Array = (bytes) => bytes,
): Uint8Array {
  const names = new Map(input.fields.map((field) => [field.name, field]));
  const body = names.get('body')?.message;
  if (body !== undefined) {
    const bytes = spoil(valid(body, now));
    return envelope(signers[signer].sign(bytes), bytes);
  }
  if (!names.has('signature')) return valid(input, now);
  return toBinary(
    input,
    Object.assign(fromBinary(input, valid(input, now)), { signature: signers[signer].signArtifactCreation() }),
  );
}
