// Connections to a target whose certificate changes, whose verdicts run out, and who is refused: what goes over which of them.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { systemRandom } from '../../random.js';
import { mockEvidence, mockRootDer, nonceOf, spkiOfPem } from '../../testkit/attestation/fakeTarget.js';
import { mockNow } from '../../testkit/attestation/mockPki.js';
import { type CertificateName, certificateOf } from '../../testkit/testCertificates.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import type { AttestedConnections } from './connections.js';
import { openTarget } from './openTarget.js';
import { AttestationRefused } from './refusal.js';

const verdictMs = 600_000;
const signal = new AbortController().signal;
/** Whoever has them takes a session up that another server has begun. */
const ticketKeys = Buffer.alloc(48, 7);

describe('attested connections', { timeout: 300_000 }, () => {
  const ends: Array<() => unknown> = [];
  afterEach(() => {
    for (const end of ends.splice(0).reverse()) end();
  });

  /** Evidence for the key of `quoted`, whatever its own is. */
  async function serve(certificate: CertificateName, { quoted = certificate, port = 0 } = {}) {
    const asked: string[] = [];
    const target = { quoted, asked, port, end: () => void server.close().closeAllConnections() };
    const server: Server = createServer({ ...certificateOf(certificate), ticketKeys }, async (request, response) => {
      asked.push(request.url?.split('?')[0] ?? '');
      const nonce = nonceOf(new URL(request.url ?? '', 'https://target'));
      const evidence = await mockEvidence({ nonce, spki: spkiOfPem(certificateOf(target.quoted).cert) });
      response.end(JSON.stringify(evidence));
    });
    await once(server.listen(port, '127.0.0.1'), 'listening');
    ends.push(target.end);
    return Object.assign(target, { port: (server.address() as AddressInfo).port });
  }

  async function open(port: number, clock: SimulatedClock): Promise<AttestedConnections> {
    const roots = [
      createHash('sha256')
        .update(await mockRootDer())
        .digest('hex'),
    ];
    const connections = openTarget({
      url: new URL(`https://127.0.0.1:${port}`),
      mode: 'require',
      verifying: { roots, time: mockNow, clock },
      statePath: undefined,
      verdictMs,
      clock,
      random: systemRandom,
    });
    ends.push(connections.close);
    return connections;
  }

  const refusedWith = (code: string) => (error: unknown) => error instanceof AttestationRefused && error.code === code;
  const connect = (connections: AttestedConnections) =>
    connections.connect('http1', signal) as Promise<TLSSocket & Socket>;

  it('T11: a session that another server would take up is none: its key is seen, and refused', async () => {
    const first = await serve('server');
    const connections = await open(first.port, new SimulatedClock());
    const socket = await connect(connections);
    // The tickets of TLS 1.3 come with what the server sends first.
    assert.equal(socket.isSessionReused(), false);
    const { port } = first;
    first.end();
    const second = await serve('server-renewed', { quoted: 'server', port });
    await assert.rejects(connect(connections), refusedWith('TLS_KEY_WRONG'));
    assert.deepEqual(second.asked, ['/.well-known/attestation']);
  });

  it('asks no second time for a key that is known, and again when its verdict has run out', async () => {
    const target = await serve('server');
    const clock = new SimulatedClock();
    const connections = await open(target.port, clock);
    await connect(connections);
    await connect(connections);
    assert.equal(target.asked.length, 1);
    await clock.advance(verdictMs);
    await connect(connections);
    assert.equal(target.asked.length, 2);
  });

  it('closes a free connection before its verdict runs out, and one that nobody has used for long', async () => {
    const target = await serve('server');
    const clock = new SimulatedClock();
    const connections = await open(target.port, clock);
    const idle = await connect(connections);
    idle.emit('free');
    await clock.advance(29_000);
    assert.equal(idle.destroyed, false);
    await clock.advance(1_000);
    assert.equal(idle.destroyed, true);
    const late = await connect(connections);
    await clock.advance(verdictMs - 59_000);
    late.emit('free');
    assert.equal(late.destroyed, true);
  });

  it('answers with a refusal for a second without a look, then looks again', async () => {
    const target = await serve('server', { quoted: 'stranger' });
    const clock = new SimulatedClock();
    const connections = await open(target.port, clock);
    for (const looks of [1, 1]) {
      await assert.rejects(connect(connections), refusedWith('TLS_KEY_WRONG'));
      assert.equal(target.asked.length, looks);
    }
    await clock.advance(1_000);
    target.quoted = 'server';
    await connect(connections);
    assert.equal(target.asked.length, 2);
  });
});
