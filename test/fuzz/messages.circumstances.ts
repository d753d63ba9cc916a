// What valid messages are made of, replaced as soon as a message has used it up.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { fromBinary } from '@bufbuild/protobuf';
import { parseArtifactUri } from '../../src/artifacts/capability.js';
import { upload } from '../../src/client/upload.js';
import { parseVk, type VerifyingKey, vkHash } from '../../src/engines/vk.js';
import { ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { bytesOf } from '../../src/ids.js';
import { sampleProgram } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { fakeVk } from '../../src/testkit/engine/fakeProof.js';
import { stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { framed } from '../../src/transport/grpc/message.js';
import { type Circumstances, calls, messageOf } from './messages.samples.js';
import { headersOf, type Subject } from './subject.js';

interface Kept {
  stdinUri: string | undefined;
  program: Circumstances['program'] | undefined;
  serial: number;
  readonly terms: Circumstances['terms'];
}

const keptOf = new WeakMap<Subject, Kept>();

async function kept(subject: Subject): Promise<Kept> {
  const found = keptOf.get(subject);
  if (found !== undefined) return found;
  const fresh = { stdinUri: undefined, program: undefined, serial: 0, terms: await termsOf(subject) };
  keptOf.set(subject, fresh);
  return fresh;
}

export async function circumstancesOf(subject: Subject, request: 'fulfilled' | 'open'): Promise<Circumstances> {
  const things = await kept(subject);
  things.stdinUri ??= await newStdin(subject, things.serial++);
  things.program ??= await newProgram(subject, things.serial++);
  const requestId =
    request === 'open' ? await newRequest(subject, things.serial++) : bytesOf(subject.fulfilled.requestId);
  const { stdinUri, program, terms } = things;
  return { stdinUri, program, terms, requestId, nonce: await subject.nonce() };
}

/** A request was made: its input is not new any more. */
export async function noteRequest(subject: Subject, requestId: Uint8Array): Promise<void> {
  subject.ledger.requests.add(Buffer.from(requestId).toString('hex'));
  Object.assign(await kept(subject), { stdinUri: undefined });
}

/** It stays open for as long as its proof takes. */
async function newRequest(subject: Subject, serial: number): Promise<Uint8Array> {
  const requestId = await subject.alice.ask(await newStdin(subject, serial));
  subject.ledger.requests.add(requestId);
  return bytesOf(requestId);
}

/** It is registered; again, when it has been before. */
export async function noteProgram(subject: Subject): Promise<void> {
  const things = await kept(subject);
  if (things.program !== undefined) subject.ledger.programs.add(Buffer.from(things.program.vkHash).toString('hex'));
  things.program = undefined;
}

async function newStdin({ alice, ledger }: Subject, serial: number): Promise<string> {
  const stdinUri = await alice.uploadStdin(stdinOf(`stdin ${serial}`));
  const id = parseArtifactUri(stdinUri) as string;
  ledger.artifacts.add(id);
  ledger.files.add(id);
  return stdinUri;
}

async function newProgram({ alice, ledger }: Subject, serial: number): Promise<Circumstances['program']> {
  const bytes = sampleProgram(100 + serial);
  const programUri = await upload(alice.context, {
    type: ArtifactType.PROGRAM,
    body: { sizeBytes: bytes.byteLength, open: () => Readable.from([bytes]) },
  });
  ledger.artifacts.add(parseArtifactUri(programUri) as string);
  ledger.files.add(createHash('sha256').update(bytes).digest('hex'));
  const vk = fakeVk(bytes.subarray(8));
  return { programUri, vk, vkHash: bytesOf(vkHash(parseVk(vk) as VerifyingKey)) };
}

/** Where auctions are served: the addresses and prices that a client repeats in what it signs. */
async function termsOf(subject: Subject): Promise<Circumstances['terms']> {
  const call = calls.find(({ name }) => name === 'GetProofRequestParams');
  if (call === undefined) return {};
  const none = new Uint8Array();
  const nothing = {
    nonce: 0n,
    requestId: none,
    stdinUri: '',
    program: { programUri: '', vk: none, vkHash: none },
    terms: {},
  };
  const pieces = [framed(messageOf(call.input, nothing, 'alice'))];
  const { body } = await subject.caller.call({ headers: headersOf(subject, call.path), pieces, ending: 'end' });
  const { $typeName: _, ...terms } = fromBinary(call.output, body.subarray(5));
  return terms;
}
