// Who may use a running service: bearer tokens, the allowlist, client certificates. What a refusal must not break is checked with it:
// artifacts and health need none of them, and a rotation is not noticed by who waits.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type DescMethodUnary, toBinary } from '@bufbuild/protobuf';
import { credentials } from '@grpc/grpc-js';
import { ClientError } from '../../src/client/client.js';
import { holdingClock } from '../../src/clock.js';
import { ArtifactStore, ArtifactType, CreateArtifactRequestSchema } from '../../src/gen/artifact/artifact_pb.js';
import { Health } from '../../src/gen/grpc/health/v1/health_pb.js';
import { ProverNetwork } from '../../src/gen/network/network_pb.js';
import { sampleRequestId } from '../../src/testkit/sampleIds.js';
import { createRawCaller, type RawCaller } from '../../src/testkit/service/serviceCalls.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { certificateFile, certificateOf, testCa } from '../../src/testkit/testCertificates.js';

const methods = [...ProverNetwork.methods, ...ArtifactStore.methods].flatMap((method) =>
  method.methodKind === 'unary' ? [method as DescMethodUnary] : [],
);
/** A proof takes this long, so that much can happen while somebody waits for it (ms). */
const script = { rules: [{ on: 'prove', delayMs: 1_500 }] } as const;
const clock = holdingClock;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The next line of this event from now on. */
const next = (service: ServiceProcess, event: string): Promise<string> =>
  new Promise((resolve) => {
    service.onLine((line) => {
      if (line.event === event) resolve(line.text);
    });
  });

/** As a careful operator does it. */
function replace(path: string, lines: readonly string[]): void {
  writeFileSync(`${path}.new`, lines.join('\n'));
  renameSync(`${path}.new`, path);
}

/** A running service whose lists are files in a folder of the suite. */
function running(name: string, lines: readonly string[], flag: string) {
  const folder = mkdtempSync(join(tmpdir(), 'access-'));
  const path = join(folder, name);
  const found = {} as { rig: ServiceRig; service: ServiceProcess; raw: RawCaller; path: string };
  const requesters: ServiceRequester[] = [];
  before(async () => {
    replace(path, lines);
    const rig = await createServiceRig({ script, flags: { [flag]: path } });
    Object.assign(found, { rig, service: await rig.serve(), raw: createRawCaller(rig.port), path });
  });
  after(async () => {
    for (const each of [...requesters, found.raw]) each.close();
    const unexpected = found.service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    assert.equal(await found.service.stop(), 0);
    await found.rig.end();
    rmSync(folder, { recursive: true });
    assert.deepEqual(unexpected, [], 'something was not expected');
  });
  return Object.assign(found, {
    requester(options: Omit<Parameters<typeof createRequester>[1], 'clock'> = {}): ServiceRequester {
      const made = createRequester(found.rig.url, { clock, ...options });
      requesters.push(made);
      return made;
    },
  });
}

const refusedWith = (status: string, detail: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ClientError && error.failure.code === 'REFUSED', String(error));
  assert.equal(error.failure.status, status);
  assert.match(error.failure.detail, detail);
  return true;
};

// Check 14 of the wire: a token, a rotated one between two polls, none; artifacts without one in all cases.
describe('bearer tokens', { timeout: 600_000 }, () => {
  const [first, second, stranger] = ['first-token-of-ours', 'second-token-of-ours', 'a-token-of-nobody-here'];
  const at = running('tokens', [`${first} # laptop`], 'token-file');
  let proofId = '';

  it('are asked for by every method that is served, before anything else', async () => {
    const served: string[] = [];
    for (const method of methods) {
      const { status, detail } = await at.raw.call(method, Buffer.from('no message at all'));
      if (status === 'UNIMPLEMENTED') continue;
      served.push(method.name);
      // GetProgram too: NOT_FOUND would send the client on to register.
      assert.equal(status, 'UNAUTHENTICATED', method.name);
      assert.match(detail, /^This service asks for a token and the call has none\. Send it with every call/);
    }
    for (const name of ['GetProgram', 'GetNonce', 'RequestProof', 'GetProofRequestStatus', 'CreateArtifact'])
      assert.ok(served.includes(name), name);
  });

  it('that are unknown are refused for good', async () => {
    const { status, detail } = await at.raw.call(ProverNetwork.method.getNonce, Buffer.alloc(0), bearer(stranger));
    assert.equal(status, 'UNAUTHENTICATED');
    assert.match(detail, /not known here/);
    const basic = { authorization: `Basic ${first}` };
    assert.equal((await at.raw.call(ProverNetwork.method.getNonce, Buffer.alloc(0), basic)).status, 'UNAUTHENTICATED');
  });

  it('are not asked for by health, and the page of a request asks as a call does', async () => {
    assert.equal((await at.raw.call(Health.method.check, Buffer.alloc(0))).status, 'OK');
    assert.equal((await fetch(`${at.rig.url}/health`)).status, 200);
    const page = `${at.rig.url}/requests/${sampleRequestId()}`;
    assert.equal((await fetch(page)).status, 403);
    assert.equal((await fetch(page, { headers: bearer(first) })).status, 404);
  });

  it('check 14, rule 14: open everything; uploads and downloads need none', async () => {
    const alice = at.requester({ token: first });
    await alice.register();
    // The requester's PUT and GET carry no token: it goes to calls only.
    const stdin = stdinOf('with a token');
    const { proofUrl } = await alice.client.waitProof(await alice.submit(stdin), { pollMs: 200 });
    assert.deepEqual(await alice.fetchProof(proofUrl), expectedProof(stdin));
    assert.equal((await fetch(proofUrl, { headers: bearer(stranger) })).status, 200);
    proofId = new URL(proofUrl).pathname.split('/').at(-1) as string;
  });

  it('check 14, rule 14: may be replaced between two polls: the wait goes on with the new one', async () => {
    /** As often the old token is still shown after the list has changed; its application is slower than ours. */
    let lateUses = Number.POSITIVE_INFINITY;
    const alice = at.requester({ token: () => (lateUses-- > 0 ? first : second) });
    const requestId = await alice.submit(stdinOf('through a rotation'));
    assert.notEqual((await alice.client.status(requestId)).state, 'fulfilled');
    const reloaded = next(at.service, 'config.reloaded');
    replace(at.path, [second]);
    await reloaded;
    const { status, detail } = await at.raw.call(
      ProverNetwork.method.getProofRequestStatus,
      Buffer.alloc(0),
      bearer(first),
    );
    assert.deepEqual([status, detail], ['UNAVAILABLE', 'The token was replaced; retry with the new one.']);
    assert.equal((await fetch(`${at.rig.url}/requests/${requestId}`, { headers: bearer(first) })).status, 504);
    lateUses = 2;
    assert.equal((await alice.client.waitProof(requestId, { pollMs: 100 })).state, 'fulfilled');
    assert.ok(lateUses < 0);
  });

  it('stay when a new list is broken, which the log says without its words', async () => {
    const refused = next(at.service, 'config.refused');
    replace(at.path, [second, 'too-short']);
    assert.match(await refused, /line 2 is not a token/);
    const { status } = await at.raw.call(ProverNetwork.method.getNonce, Buffer.alloc(0), bearer(second));
    assert.equal(status, 'INVALID_ARGUMENT');
  });

  it('are in no line of the log, nor are the ids of proofs, which need no token', () => {
    const log = at.service.lines.map(({ text }) => text).join('\n');
    assert.match(proofId, /^[0-9a-f]{64}$/);
    for (const secret of [first, second, stranger, 'too-short', proofId]) assert.ok(!log.includes(secret), secret);
  });
});

describe('the allowlist', { timeout: 600_000 }, () => {
  // The addresses of the keys 01…01 and 02…02.
  const alices = '0x1a642f0e3c3af545e7acbd38b07251b3990914f1';
  const mallorys = '0x5050a4f4b3f9338c3472dcc01a87c76a144b3c9c';
  const at = running('allowlist', ['# ours', alices], 'allowlist');
  const isDenied = refusedWith('PERMISSION_DENIED', new RegExp(`^The address ${mallorys} may not use this service\\.`));

  it('keeps others from uploading, registering and asking, and names them', async () => {
    const alice = at.requester();
    const mallory = at.requester({ keyByte: 2 });
    assert.deepEqual([`0x${alice.address}`, `0x${mallory.address}`], [alices, mallorys]);
    await assert.rejects(mallory.uploadStdin(stdinOf('x')), isDenied);
    await assert.rejects(mallory.register(), isDenied);
    await alice.register();
    const uri = await alice.uploadStdin(stdinOf('x'));
    await assert.rejects(mallory.ask(uri), isDenied);
    // With anybody's bytes in the envelope, known or not.
    for (const method of [ProverNetwork.method.createProgram, ProverNetwork.method.requestProof])
      assert.notEqual((await at.raw.call(method, Buffer.from([0x1a, 0]))).status, 'OK');
  });

  it('is read again: an added address may ask, a removed one keeps what runs', async () => {
    const alice = at.requester();
    const mallory = at.requester({ keyByte: 2 });
    const stdin = stdinOf('while the list changes');
    const requestId = await alice.submit(stdin);
    const reloaded = next(at.service, 'config.reloaded');
    replace(at.path, [mallorys]);
    await reloaded;
    assert.match(await mallory.uploadStdin(stdinOf('y')), /^artifact:/);
    const signature = alice.context.signerFor('').signArtifactCreation();
    const request = { $typeName: CreateArtifactRequestSchema.typeName, signature, artifactType: ArtifactType.STDIN };
    const message = toBinary(CreateArtifactRequestSchema, request);
    const refused = await at.raw.call(ArtifactStore.method.createArtifact, message);
    assert.equal(refused.status, 'PERMISSION_DENIED');
    assert.match(refused.detail, new RegExp(alices));
    const { proofUrl } = await alice.client.waitProof(requestId, { pollMs: 200 });
    assert.deepEqual(await alice.fetchProof(proofUrl), expectedProof(stdin));
  });

  it('stays when a new one is broken, which the log says by line number', async () => {
    const refused = next(at.service, 'config.refused');
    replace(at.path, [alices, '', 'bob@example.org']);
    const line = await refused;
    assert.match(line, /line 3 is not an address/);
    assert.doesNotMatch(line, /bob/);
    await assert.rejects(at.requester().uploadStdin(stdinOf('z')), refusedWith('PERMISSION_DENIED', /0x1a64/));
  });

  it('that cannot be read keeps the service from starting', async () => {
    const none = join(at.rig.folder, 'none');
    const another = at.rig.spawn({ allowlist: none, data: join(at.rig.folder, 'data-2'), listen: '127.0.0.1:0' });
    assert.equal((await another.exited).code, 1);
    const said = another.lines.map(({ text }) => text).join('\n');
    assert.match(said, /^The allowlist \S+ cannot be used: there is no such file or folder/m);
  });
});

describe('client certificates', { timeout: 600_000 }, () => {
  const token = 'the-only-token-there-is';
  const at = running('tokens', [token], 'token-file');
  const callers: RawCaller[] = [];

  before(async () => {
    await at.service.stop();
    at.service = await at.rig.serve({
      'tls-cert': certificateFile('server'),
      'tls-key': certificateFile('server', 'key'),
      'tls-client-ca': certificateFile('test-ca'),
      'client-certificates': 'required',
    });
  });
  after(() => {
    for (const each of callers) each.close();
  });

  function callerWith(identity?: { cert: string; key: string }): RawCaller {
    const [ca, ...pair] = [testCa(), ...(identity ? [identity.key, identity.cert] : [])].map((pem) => Buffer.from(pem));
    const made = createRawCaller(at.rig.port, credentials.createSsl(ca, ...pair));
    callers.push(made);
    return made;
  }

  async function httpsStatus(path: string, options: RequestOptions): Promise<number | undefined> {
    const url = `https://127.0.0.1:${at.rig.port}${path}`;
    const [response] = await once(request(url, { ca: testCa(), agent: false, ...options }).end(), 'response');
    response.resume();
    return response.statusCode;
  }

  it('rule 14: are asked for in the answer to a call, never in the handshake, and beside the token', async () => {
    const nonce = (raw: RawCaller, metadata?: Record<string, string>) =>
      raw.call(ProverNetwork.method.getNonce, Buffer.alloc(0), metadata);
    for (const raw of [at.raw, callerWith(), callerWith(certificateOf('stranger'))]) {
      const { status, detail } = await nonce(raw, bearer(token));
      assert.equal(status, 'UNAUTHENTICATED');
      assert.match(detail, /asks for a client certificate/);
      assert.equal((await raw.call(Health.method.check, Buffer.alloc(0))).status, 'OK');
    }
    const known = callerWith(certificateOf('client'));
    assert.match((await nonce(known)).detail, /asks for a token/);
    // It was let in: the message is looked at.
    assert.equal((await nonce(known, bearer(token))).status, 'INVALID_ARGUMENT');
  });

  it('are not asked for by artifacts and health, and the page of a request asks as a call does', async () => {
    const id = sampleRequestId();
    const identity = certificateOf('client');
    assert.equal(await httpsStatus('/health', {}), 200);
    assert.equal(await httpsStatus(`/artifacts/${id}`, {}), 404);
    assert.equal(await httpsStatus(`/requests/${id}`, { headers: bearer(token) }), 403);
    assert.equal(await httpsStatus(`/requests/${id}`, { ...identity }), 403);
    assert.equal(await httpsStatus(`/requests/${id}`, { ...identity, headers: bearer(token) }), 404);
  });
});
