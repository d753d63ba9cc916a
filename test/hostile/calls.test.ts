// gRPC calls that are forged, garbled, repeated or of the wrong size, against a running service: each gets a clear status, none does
// anything, and the service has not met an error that it did not expect.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { create, type DescMethodUnary, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { upload } from '../../src/client/upload.js';
import { holdingClock } from '../../src/clock.js';
import { ArtifactStore, ArtifactType, CreateArtifactRequestSchema } from '../../src/gen/artifact/artifact_pb.js';
import {
  CreateProgramRequestBodySchema,
  GetFilteredProofRequestsRequestSchema,
  type ProofMode,
  ProverNetwork,
  type RequestProofRequestBody,
  RequestProofResponseSchema,
} from '../../src/gen/network/network_pb.js';
import { bytesOf } from '../../src/ids.js';
import { sampleProgram } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { sampleArtifactId, sampleRequestId } from '../../src/testkit/sampleIds.js';
import {
  bodyBytes,
  createRawCaller,
  envelope,
  nonceFor,
  type RawAnswer,
  type RawCaller,
} from '../../src/testkit/service/serviceCalls.js';
import {
  createRequester,
  type RequestBody,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const methods = ProverNetwork.method;

describe('hostile calls', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let alice: ServiceRequester;
  let mallory: ServiceRequester;
  let raw: RawCaller;

  before(async () => {
    rig = await createServiceRig();
    service = await rig.serve();
    alice = createRequester(rig.url, { clock: holdingClock });
    mallory = createRequester(rig.url, { clock: holdingClock, keyByte: 2 });
    raw = createRawCaller(rig.port);
    await alice.register();
    // Confirmed by a first proof: to a stranger the program would be unknown before.
    await alice.client.waitProof(await alice.submit(stdinOf('first')), { pollMs: 20 });
  });
  after(async () => {
    for (const each of [alice, mallory, raw]) each.close();
    const unexpected = service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    assert.equal(await service.stop(), 0);
    await rig.end();
    assert.deepEqual(unexpected, [], 'something was not expected');
  });

  const signerOf = (who: ServiceRequester) => who.context.signerFor('RequestProof');
  const send = (body: Uint8Array, signature = signerOf(alice).sign(body)) =>
    raw.call(methods.requestProof, envelope(signature, body));
  const sendBody = (body: RequestProofRequestBody) => send(bodyBytes(body));
  const idIn = ({ bytes }: RawAnswer) =>
    Buffer.from(fromBinary(RequestProofResponseSchema, bytes).body?.requestId ?? []).toString('hex');
  async function fresh(
    changes: RequestBody = {},
    stdin = randomBytes(8).toString('hex'),
  ): Promise<RequestProofRequestBody> {
    return alice.bodyFor(await alice.uploadStdin(stdinOf(stdin)), changes);
  }
  async function assertRefused(answer: Promise<RawAnswer>, status: string, detail: RegExp): Promise<void> {
    const found = await answer;
    assert.equal(found.status, status, found.detail);
    assert.match(found.detail, detail);
  }

  it('of others’ inputs are refused, whichever key signs', async () => {
    const body = await fresh();
    const bytes = bodyBytes(body);
    await assertRefused(
      send(bytes, signerOf(mallory).sign(bytes)),
      'PERMISSION_DENIED',
      /belongs to 0x[0-9a-f]{40}, who did not sign/,
    );
    // A good signature of other bytes is a good signature of a stranger for these.
    await assertRefused(
      send(bytes, signerOf(alice).sign(Buffer.from('other bytes'))),
      'PERMISSION_DENIED',
      /did not sign/,
    );
    assert.equal((await send(bytes)).status, 'OK');
    // Nor does a stranger get the id of the request that it has become, whether that is still open or not.
    const late = await send(bytes, signerOf(mallory).sign(bytes));
    assert.notEqual(late.status, 'OK');
    assert.equal(late.bytes.byteLength, 0);
  });

  it('with signatures that are none are refused', async () => {
    const bytes = bodyBytes(await fresh());
    const good = signerOf(alice).sign(bytes);
    const withV = (v: number) => Uint8Array.of(...good.subarray(0, 64), v);
    const none = [
      ...[0, 1, 64, 66, 4096].map((length) => new Uint8Array(length)),
      ...[2, 26, 29, 37, 53, 56, 255].map(withV),
      new Uint8Array(65).fill(0xff),
      Uint8Array.of(...new Uint8Array(64), 27),
    ];
    for (const signature of none)
      await assertRefused(send(bytes, signature), 'UNAUTHENTICATED', /does not recover to an address/);
    for (const signature of none) {
      const message = toBinary(
        CreateArtifactRequestSchema,
        create(CreateArtifactRequestSchema, { signature, artifactType: ArtifactType.STDIN }),
      );
      await assertRefused(raw.call(ArtifactStore.method.createArtifact, message), 'UNAUTHENTICATED', /signature/);
    }
    assert.equal((await send(bytes)).status, 'OK');
  });

  it('are judged by the nonce: once for one body, recent, and not of the future', async () => {
    const body = await fresh();
    const first = await sendBody(body);
    assert.equal(first.status, 'OK');
    // Equal bytes are the same call, answered again.
    assert.deepEqual(await sendBody(body), first);
    const other = await fresh({ nonce: body.nonce });
    await assertRefused(sendBody(other), 'ABORTED', /^Invalid nonce \d+: it was used before or is too old/);
    const microseconds = 1000n;
    const now = BigInt(holdingClock.now()) * microseconds;
    const hour = 3_600_000n * microseconds;
    for (const nonce of [0n, 1n, now - hour, now + hour, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      await assertRefused(sendBody({ ...other, nonce }), 'ABORTED', /Invalid nonce/);
    }
    // A refused nonce has cost nothing: the same input goes with a good one.
    assert.equal((await sendBody({ ...other, nonce: await nonceFor(alice.context) })).status, 'OK');
  });

  it('that come twice at once, or again later, make one request', async () => {
    const body = await fresh();
    const nonces = await Promise.all(Array.from({ length: 10 }, () => nonceFor(alice.context)));
    const answers = await Promise.all(nonces.map((nonce) => sendBody({ ...body, nonce })));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set(['OK']));
    assert.equal(new Set(answers.map(idIn)).size, 1);
    const later = await sendBody({ ...body, nonce: await nonceFor(alice.context) });
    assert.equal(idIn(later), idIn(answers[0] as RawAnswer));
    const changed = { ...body, nonce: await nonceFor(alice.context), cycleLimit: 5n };
    await assertRefused(
      sendBody(changed),
      'INVALID_ARGUMENT',
      /already submitted as request 0x[0-9a-f]{64} with another cycleLimit/,
    );
  });

  it('before their input is there are refused, and the answer says to upload first', async () => {
    const { artifactUri } = await alice.context.attempt('CreateArtifact', {}, (call) =>
      call(ArtifactStore.method.createArtifact, {
        signature: signerOf(alice).signArtifactCreation(),
        artifactType: ArtifactType.PRIVATE_STDIN,
      }),
    );
    await assertRefused(sendBody(await alice.bodyFor(artifactUri)), 'FAILED_PRECONDITION', /has not been uploaded/);
    const program = await upload(alice.context, {
      type: ArtifactType.PROGRAM,
      body: { sizeBytes: programBytes.byteLength, open: () => Readable.from([programBytes]) },
    });
    await assertRefused(sendBody(await alice.bodyFor(program)), 'FAILED_PRECONDITION', /has not been uploaded/);
  });

  it('for what does not exist, or is not served, say so', async () => {
    const requestId = bytesOf(sampleRequestId());
    for (const method of [methods.getProofRequestStatus, methods.getProofRequestDetails]) {
      await assertRefused(
        raw.call(method, toBinary(method.input as never, create(method.input as never, { requestId } as never))),
        'NOT_FOUND',
        /^No request 0x/,
      );
    }
    const uri = (id: string) => `s3://sealed-prover/${id}`;
    const goodUri = await alice.uploadStdin(stdinOf('unserved'));
    const cases: [RequestBody, string, RegExp][] = [
      [{ vkHash: randomBytes(32) }, 'NOT_FOUND', /No program is registered/],
      [
        { stdinUri: goodUri.replace(/[0-9a-f]{64}/, sampleArtifactId()) },
        'FAILED_PRECONDITION',
        /has not been uploaded/,
      ],
      [{ stdinUri: '' }, 'INVALID_ARGUMENT', /stdin_uri/],
      [{ stdinUri: uri('../../etc/passwd') }, 'INVALID_ARGUMENT', /stdin_uri/],
      [{ stdinUri: 'x'.repeat(10_000) }, 'INVALID_ARGUMENT', /stdin_uri/],
      [{ stdinUri: 'x'.repeat(100_000) }, 'RESOURCE_EXHAUSTED', /more than the 16384 that are read here/],
      [{ version: 'sp1-v5.0.0' }, 'FAILED_PRECONDITION', /Circuit version sp1-v5\.0\.0 is not served/],
      [{ version: '\u0000\n\u2028'.repeat(1_000) }, 'FAILED_PRECONDITION', /^[\x20-\x7e]{1,200}$/],
      [{ mode: 0 }, 'INVALID_ARGUMENT', /mode/],
      [{ mode: 77 as ProofMode }, 'INVALID_ARGUMENT', /mode/],
      [{ deadline: 1n }, 'INVALID_ARGUMENT', /deadline 1970/],
      [{ deadline: 2n ** 64n - 1n }, 'INVALID_ARGUMENT', /deadline/],
      [{ whitelist: Array.from({ length: 65 }, () => new Uint8Array(20)) }, 'INVALID_ARGUMENT', /whitelist/],
    ];
    for (const [changes, status, detail] of cases)
      await assertRefused(sendBody(await alice.bodyFor(goodUri, changes)), status, detail);
    await assertRefused(raw.call('/network.ProverNetwork/CancelEverything', Buffer.alloc(0)), 'UNIMPLEMENTED', /./);
    await assertRefused(raw.call('/../../etc/passwd', Buffer.alloc(0)), 'UNIMPLEMENTED', /./);
  });

  it('with bytes of the wrong length are refused, field by field', async () => {
    const lengths = (right: number) =>
      [0, 1, right - 1, right + 1, 2 * right, 10_000].filter((length) => length !== right);
    const bytes = (length: number) => new Uint8Array(randomBytes(length));
    const uri = await alice.uploadStdin(stdinOf('lengths'));
    for (const length of lengths(32)) {
      for (const method of [methods.getProofRequestStatus, methods.getProofRequestDetails, methods.getProgram]) {
        await assertRefused(
          raw.call(method, lengthDelimited(1, bytes(length))),
          'INVALID_ARGUMENT',
          /must have 32 bytes/,
        );
      }
      await assertRefused(sendBody(await alice.bodyFor(uri, { vkHash: bytes(length) })), 'INVALID_ARGUMENT', /vk_hash/);
      await assertRefused(filtered({ requester: bytes(20), vkHash: bytes(length) }), 'INVALID_ARGUMENT', /vk_hash/);
      await assertRefused(createProgram({ vkHash: bytes(length), vk: bytes(104) }), 'INVALID_ARGUMENT', /vk_hash/);
    }
    for (const length of lengths(20)) {
      for (const method of [methods.getNonce, methods.getBalance]) {
        await assertRefused(
          raw.call(method, lengthDelimited(1, bytes(length))),
          'INVALID_ARGUMENT',
          /must have 20 bytes/,
        );
      }
      await assertRefused(
        sendBody(await alice.bodyFor(uri, { whitelist: [bytes(length)] })),
        'INVALID_ARGUMENT',
        /whitelist/,
      );
      await assertRefused(filtered({ requester: bytes(length) }), 'INVALID_ARGUMENT', /requester/);
    }
    for (const length of lengths(104)) {
      await assertRefused(createProgram({ vkHash: bytes(32), vk: bytes(length) }), 'FAILED_PRECONDITION', /A vk of /);
    }
    await assertRefused(createProgram({ vkHash: bytes(32), vk: new Uint8Array(104) }), 'INVALID_ARGUMENT', /hashes to/);
  });

  const filtered = (filter: { vkHash?: Uint8Array; requester?: Uint8Array }) =>
    raw.call(
      methods.getFilteredProofRequests,
      toBinary(GetFilteredProofRequestsRequestSchema, create(GetFilteredProofRequestsRequestSchema, filter)),
    );
  async function createProgram(fields: { vkHash: Uint8Array; vk: Uint8Array }): Promise<RawAnswer> {
    const programUri = await alice.uploadStdin(stdinOf('no program'));
    const body = toBinary(
      CreateProgramRequestBodySchema,
      create(CreateProgramRequestBodySchema, { ...fields, programUri }),
    );
    return raw.call(methods.createProgram, envelope(signerOf(alice).sign(body), body));
  }

  it('of the auction’s schema that this service has not made the terms of are refused', async () => {
    const base = await fresh({ stdinPrivate: false });
    const with32 = (field: number) =>
      new BinaryWriter().raw(bodyBytes(base)).tag(field, WireType.LengthDelimited).bytes(randomBytes(32)).finish();
    await assertRefused(send(with32(12)), 'INVALID_ARGUMENT', /domain is not valid: .* another network/);
    // Without its domain it was signed for no network in particular.
    for (const field of [13, 20]) await assertRefused(send(with32(field)), 'INVALID_ARGUMENT', /domain is not valid/);
    const flag = new BinaryWriter().raw(bodyBytes(base)).tag(13, WireType.Varint).bool(true).finish();
    await assertRefused(send(flag), 'INVALID_ARGUMENT', /these bytes are not such a message/);
  });

  it('with fields that we do not know yet are verified over all their bytes', async () => {
    const newer = new BinaryWriter()
      .raw(bodyBytes(await fresh()))
      .tag(1_000, WireType.LengthDelimited)
      .bytes(randomBytes(40))
      .finish();
    assert.equal((await send(newer)).status, 'OK');
  });

  it('with no body, two bodies or a garbled one are refused', async () => {
    const body = bodyBytes(await fresh());
    const signature = signerOf(alice).sign(body);
    const other = bodyBytes(await fresh());
    await assertRefused(raw.call(methods.requestProof, envelope(signature)), 'INVALID_ARGUMENT', /exactly one, not 0/);
    await assertRefused(
      raw.call(methods.requestProof, envelope(signature, body, other)),
      'INVALID_ARGUMENT',
      /exactly one, not 2/,
    );
    for (let length = 1; length < body.length; length += 7) {
      const found = await raw.call(methods.requestProof, envelope(signature, body.subarray(0, length)));
      assert.match(
        found.status,
        /^(INVALID_ARGUMENT|PERMISSION_DENIED|NOT_FOUND|FAILED_PRECONDITION|ABORTED|UNAUTHENTICATED)$/,
        found.detail,
      );
    }
  });

  it('of any bytes at all get a status that is not an accident', async () => {
    const all: DescMethodUnary[] = [...Object.values(methods), ArtifactStore.method.createArtifact];
    const garbage = fc.uint8Array({ maxLength: 300 });
    const known = fc.oneof(
      garbage,
      fc.tuple(fc.integer({ min: 1, max: 20 }), garbage).map(([field, bytes]) => lengthDelimited(field, bytes)),
    );
    const signed = fc
      .tuple(fc.uint8Array({ minLength: 65, maxLength: 65 }), known)
      .map(([signature, body]) => envelope(signature, body));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...all), fc.oneof(known, signed), async (method, bytes) => {
        const { status, detail } = await raw.call(method, bytes);
        assert.doesNotMatch(status, /INTERNAL|UNKNOWN|UNAVAILABLE|DEADLINE_EXCEEDED|CANCELLED/, detail);
      }),
      { numRuns: 400 },
    );
    await assertRefused(raw.call(methods.getNonce, Buffer.alloc(1_000_000)), 'RESOURCE_EXHAUSTED', /./);
    assert.equal((await alice.client.nonce()) > 0n, true);
  });
});

const lengthDelimited = (field: number, bytes: Uint8Array) =>
  new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(bytes).finish();
const programBytes = sampleProgram(200);
