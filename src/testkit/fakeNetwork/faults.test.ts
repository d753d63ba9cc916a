// Each fault of the fake network shows as what it is named after: a suite that sets one meets it, and not a kinder one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createSigner } from '../../client/signer.js';
import {
  FailExecutionRequestBodySchema,
  FulfillmentStrategy,
  GetProofRequestDetailsResponseSchema,
  ProverNetwork,
  RequestProofResponseSchema,
} from '../../gen/network/network_pb.js';
import { bytesOf } from '../../ids.js';
import { bodyBytes, envelope } from '../service/serviceCalls.js';
import { expectedProof, stdinOf } from '../service/serviceRequests.js';
import { certificateOf, testCa } from '../testCertificates.js';
import { startFakeNetwork } from './fakeNetwork.js';
import { meet, type Parties } from './parties.js';

const { getNonce, getProofRequestDetails, requestProof, failExecution } = ProverNetwork.method;
const reserved = { strategy: FulfillmentStrategy.RESERVED };

describe('faults of the fake network', { timeout: 300_000 }, () => {
  let parties: Parties;
  let { network, requester, prover, raw } = {} as Parties;
  beforeEach(async () => {
    parties = await meet();
    ({ network, requester, prover, raw } = parties);
    await requester.register();
  });
  afterEach(() => parties.part());

  const nonceQuery = () => toBinary(getNonce.input, create(getNonce.input, { address: bytesOf(requester.address) }));
  const statusOfNonce = async () => (await raw.call(getNonce, nonceQuery())).status;
  const ask = (text: string) => requester.submit(stdinOf(text), reserved);
  const nonceOf = () => network.ledger.nonceOf(prover.signer.address);

  it('F3: an answer that is cut within has its effect, and is no answer', async () => {
    const requestId = bytesOf(await ask('cut'));
    network.faults.set('FailFulfillment', { kind: 'cut' });
    assert.notEqual((await prover.fail({ nonce: 0n, requestId })).status, 'OK');
    assert.equal(nonceOf(), 1n);
    assert.equal(network.record.of('FailFulfillment').at(-1)?.verdict, 'lost');
  });

  it('F9: a connection that takes no more calls answers what is open, and the next call finds another', async () => {
    network.faults.set('GetNonce', { kind: 'goAway' });
    assert.equal(await statusOfNonce(), 'OK');
    assert.equal(await statusOfNonce(), 'OK');
    const [first, second] = network.record.of('GetNonce').slice(-2);
    assert.notEqual(first?.peerPort, second?.peerPort);
  });

  it('F10: a closed port refuses connections, until it is open again', async () => {
    await network.away();
    await assert.rejects(fetch(network.url), /fetch failed/);
    await network.back();
    assert.equal((await fetch(network.url)).status, 404);
  });

  it('F11: a refused nonce names the number that is right, or a wrong one, and nothing is done', async () => {
    const requestId = bytesOf(await ask('nonce'));
    network.faults.set('FailFulfillment', { kind: 'nonce' });
    assert.match((await prover.fail({ nonce: 0n, requestId })).detail, /expected 0, got 0$/);
    network.faults.set('FailFulfillment', { kind: 'nonce', expected: 7n });
    assert.match((await prover.fail({ nonce: 0n, requestId })).detail, /expected 7, got 0$/);
    assert.equal(nonceOf(), 0n);
    assert.equal((await prover.fail({ nonce: 0n, requestId })).status, 'OK');
  });

  it('F15: a call that arrives twice is judged twice', async () => {
    const requestId = bytesOf(await ask('twice'));
    network.faults.set('FulfillProof', { kind: 'twice' });
    const answer = await prover.fulfill({ nonce: 0n, requestId, proof: expectedProof(stdinOf('twice')) });
    assert.match(answer.detail, /expected 1, got 0$/);
    assert.deepEqual(network.invariants(), []);
  });

  it('F21: a message above 4 MiB is refused, whatever is in it', async () => {
    network.control.turn({ messageLimitBytes: 4 * 2 ** 20 });
    const requestId = bytesOf(await ask('large'));
    const proof = expectedProof(stdinOf('large'), 6 * 2 ** 20);
    const answer = await prover.fulfill({ nonce: 0n, requestId, proof });
    assert.equal(answer.status, 'OUT_OF_RANGE');
    assert.match(answer.detail, /the limit is: 4194304 bytes/);
    assert.equal(nonceOf(), 0n);
  });

  it('F22: its store is slow, refuses, breaks off, and gives wrong bytes and zip bombs', async () => {
    const [program] = network.ledger.artifacts.values();
    const url = `${network.url}/fake/programs/${program?.id}`;
    const read = async () => {
      const response = await fetch(url);
      return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
    };
    const whole = await read();
    assert.deepEqual([whole.status, whole.bytes], [200, program?.bytes]);
    for (const status of [403, 503]) {
      network.faults.set('GetObject', { kind: 'http', status });
      assert.equal((await read()).status, status);
    }
    network.faults.set('GetObject', { kind: 'delayed', ms: 1 });
    assert.deepEqual(await read(), whole);
    network.faults.set('GetObject', { kind: 'wrongBytes' });
    const wrong = await read();
    assert.equal(wrong.bytes.byteLength, whole.bytes.byteLength);
    assert.notDeepEqual(wrong.bytes, whole.bytes);
    network.faults.set('GetObject', { kind: 'zipBomb' });
    const bomb = await read();
    assert.ok(bomb.bytes.byteLength < 100_000, `${bomb.bytes.byteLength} bytes`);
    network.faults.set('GetObject', { kind: 'cut' });
    await assert.rejects(read());
    assert.deepEqual(await read(), whole);
    const part = await fetch(url, { headers: { range: 'bytes=2-5' } });
    assert.deepEqual([part.status, Buffer.from(await part.arrayBuffer())], [206, whole.bytes.subarray(2, 6)]);
  });

  it('F23: reads are answered while writes are not, and the reverse', async () => {
    const requestId = bytesOf(await ask('half'));
    const away = { kind: 'status', name: 'unavailable', text: 'half of it is down', effect: false } as const;
    network.faults.set('writes', away, {});
    assert.equal(await statusOfNonce(), 'OK');
    assert.equal((await prover.fail({ nonce: 0n, requestId })).status, 'UNAVAILABLE');
    network.faults.clear();
    network.faults.set('reads', away, {});
    assert.equal(await statusOfNonce(), 'UNAVAILABLE');
    assert.equal((await prover.fail({ nonce: 0n, requestId })).status, 'OK');
  });

  it('F25, F26: ids that lack a byte, and numbers and fields that nobody knows', async () => {
    const body = await requester.bodyFor(await requester.uploadStdin(stdinOf('short')), reserved);
    const signature = createSigner('01'.repeat(32)).sign(bodyBytes(body));
    network.faults.set('RequestProof', { kind: 'shortIds' });
    const short = await raw.call(requestProof, envelope(signature, bodyBytes(body)));
    const { txHash, body: ids } = fromBinary(RequestProofResponseSchema, short.bytes);
    assert.deepEqual([txHash.byteLength, ids?.requestId.byteLength], [31, 31]);

    const [requestId] = network.ledger.requests.keys();
    assert.ok(requestId);
    const query = toBinary(
      getProofRequestDetails.input,
      create(getProofRequestDetails.input, { requestId: bytesOf(requestId) }),
    );
    network.faults.set('GetProofRequestDetails', { kind: 'newer' });
    const { bytes } = await raw.call(getProofRequestDetails, query);
    const details = fromBinary(GetProofRequestDetailsResponseSchema, bytes);
    assert.equal(details.request?.fulfillmentStatus, 99);
    assert.equal(details.$unknown?.[0]?.no, 1_999);
  });

  it('F27: a list that moves between its pages misses entries, or shows them twice', async () => {
    for (let i = 0; i < 4; i += 1) await ask(`moves ${i}`);
    const listed = async () => {
      const pages = [await requester.client.list({ limit: 2 }), await requester.client.list({ limit: 2, page: 2 })];
      return new Set(pages.flat().map(({ requestId }) => requestId)).size;
    };
    assert.equal(await listed(), 4);
    network.control.shiftPages(1);
    assert.equal(await listed(), 3);
    network.control.shiftPages(-1);
    assert.equal(await listed(), 3);
  });

  it('chance and time: a fault befalls a share of the calls, and ends at a moment', async () => {
    const away = { kind: 'status', name: 'unavailable', text: 'by chance', effect: false } as const;
    network.faults.set('GetNonce', away, { chance: 0.5 });
    const seen = new Set<string>();
    for (let i = 0; i < 40; i += 1) seen.add(await statusOfNonce());
    assert.deepEqual([...seen].sort(), ['OK', 'UNAVAILABLE']);
    network.faults.clear();
    network.faults.set('GetNonce', away, { until: 1 });
    assert.equal(await statusOfNonce(), 'OK');
  });

  it('lets a prover say that a guest failed, or says that it may not: a switch', async () => {
    const requestId = bytesOf(await ask('guest'));
    const body = (nonce: bigint) =>
      toBinary(
        FailExecutionRequestBodySchema,
        create(FailExecutionRequestBodySchema, { nonce, requestId, executeFailCause: 1 }),
      );
    const call = async (nonce: bigint) =>
      (await raw.call(failExecution, envelope(prover.signer.sign(body(nonce)), body(nonce)))).status;
    assert.equal(await call(0n), 'PERMISSION_DENIED');
    network.control.turn({ proverMayFailExecution: 'accept' });
    assert.equal(await call(0n), 'OK');
    assert.equal(await call(1n), 'FAILED_PRECONDITION');
  });
});

it('F24: an expired certificate is seen, and gone when it is renewed', { timeout: 300_000 }, async (t) => {
  const expired = certificateOf('server-expired');
  const network = await startFakeNetwork({ certificate: expired });
  t.after(() => network.close());
  const { port } = new URL(network.url);
  const handshake = async (ca: string) => {
    const socket = connectTls({ host: '127.0.0.1', port: Number(port), ca, ALPNProtocols: ['h2'] });
    try {
      await once(socket, 'secureConnect');
      return 'secure';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    } finally {
      socket.destroy();
    }
  };
  assert.equal(await handshake(expired.cert), 'CERT_HAS_EXPIRED');
  network.renew(certificateOf('server'));
  assert.equal(await handshake(testCa()), 'secure');
  const session = connectHttp2(network.url, { ca: testCa() });
  t.after(() => session.destroy());
  await once(session, 'connect');
});
