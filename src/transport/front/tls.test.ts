// TLS on the one port, with real handshakes: what ALPN chooses, whose certificate is believed, who is served without it, and renewal.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, it } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { createLog } from '../../log.js';
import { type CertificateName, certificateOf, testCa } from '../../testkit/testCertificates.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { createGrpcServer } from '../grpc/server.js';
import { answerJson } from '../http/exchange.js';
import { createFront, type Front, type Plaintext } from './front.js';
import { createHttp2 } from './http2Sessions.js';
import { createTls, type Tls } from './tls.js';

const whoPath = '/test.Who/Am';
const silenceMs = 10_000;

describe('TLS on the one port', { timeout: 300_000 }, () => {
  const clock = new SimulatedClock();
  let front: Front;
  let tls: Tls;
  let port: number;

  /** `who` answers what the service knows of its caller, at both protocols. */
  async function start(plaintext: Plaintext = 'never'): Promise<void> {
    tls = createTls({ ...certificateOf('server'), clientCa: testCa() }, silenceMs);
    const http1 = createServer((request, response) => response.end(`1.1 ${request.url}`));
    const grpc = createGrpcServer({
      methods: [
        {
          path: whoPath,
          answer: ({ reached, peer }) =>
            Buffer.from(`${reached.scheme}://${reached.host} ${peer.certificate?.length ?? 'nobody'}`),
        },
      ],
      clock,
      log: createLog('silent'),
      limitBytes: 1024,
    });
    const http2 = createHttp2({
      grpc,
      routes: (exchange) =>
        answerJson(exchange, 200, {
          path: exchange.path,
          secure: exchange.connection.isEncrypted,
          refusal: exchange.refusal?.code,
        }),
      clock,
    });
    front = createFront({ http1, http2, tls: { acceptor: tls, plaintext }, clock });
    ({ port } = await front.listen({ host: '127.0.0.1', port: 0 }));
  }
  afterEach(() => front.close(0));

  async function shake(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({ host: '127.0.0.1', port, ca: testCa(), ...options });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  }

  function who(channel = credentials.createSsl(Buffer.from(testCa()))): Promise<string> {
    const client = new Client(`127.0.0.1:${port}`, channel);
    return new Promise<string>((resolve, reject) => {
      client.makeUnaryRequest(
        whoPath,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.alloc(0),
        (error: ServiceError | null, value?: Buffer) => (error === null ? resolve(String(value)) : reject(error)),
      );
    }).finally(() => client.close());
  }

  const withCertificate = (name: 'client' | 'stranger') => {
    const { cert, key } = certificateOf(name);
    return credentials.createSsl(Buffer.from(testCa()), Buffer.from(key), Buffer.from(cert));
  };

  it('chooses HTTP/2 where it is offered, HTTP/1.1 where only that is, and looks where nothing is said', async () => {
    await start();
    assert.equal((await shake({ ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol, 'h2');
    for (const ALPNProtocols of [['http/1.1'], undefined]) {
      const socket = await shake(ALPNProtocols && { ALPNProtocols });
      socket.write('GET /path HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n');
      assert.match(await text(socket), /1\.1 \/path$/);
    }
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: testCa() });
    const stream = session.request({ ':path': '/artifact' });
    assert.deepEqual(JSON.parse(await text(stream)), { path: '/artifact', secure: true });
    session.close();
  });

  it('check 15: serves calls and artifacts with and without a client certificate, and knows which', async () => {
    await start();
    assert.equal(await who(withCertificate('client')), `https://127.0.0.1:${port} 64`);
    assert.equal(await who(), `https://127.0.0.1:${port} nobody`);
    // Signed by an unknown authority: as if none had been shown, so that the refusal can be a status.
    assert.equal(await who(withCertificate('stranger')), `https://127.0.0.1:${port} nobody`);
    for (const identity of [certificateOf('client'), certificateOf('stranger'), {}]) {
      const socket = await shake({ ...identity, ALPNProtocols: ['http/1.1'] });
      socket.write('GET /artifact HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n');
      assert.match(await text(socket), /1\.1 \/artifact$/);
    }
  });

  it('refuses a client without TLS with a hint to use it, at either protocol', async () => {
    await start('never');
    await assert.rejects(who(credentials.createInsecure()), { code: 9, details: /Use its https URL\.$/ });
    const plain = connectPlain(port, '127.0.0.1');
    plain.write('GET /artifact HTTP/1.1\r\nhost: h\r\n\r\n');
    assert.match(await text(plain), /^HTTP\/1\.1 403 [\s\S]*TLS_REQUIRED/);
    const call = connectPlain(port, '127.0.0.1');
    call.write('POST /a.B/C HTTP/1.1\r\nhost: h\r\nContent-Type: application/grpc+proto\r\n\r\n');
    assert.match(
      await text(call),
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*grpc-status: 9\r\n[\s\S]*grpc-message: .* Use its https URL\.\r\n/,
    );
    // A client that goes on sending is read for a while, and no longer.
    const dripping = connectPlain({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
    dripping.write('GET /artifact HTTP/1.1\r\n');
    const [head] = (await once(dripping, 'data')) as [Buffer];
    assert.match(head.toString(), /^HTTP\/1\.1 403 /);
    await clock.advance(5_000);
    // A writer notices the reset only at its next write.
    while (!dripping.destroyed) {
      dripping.write('x: y\r\n');
      await new Promise(setImmediate);
    }
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    assert.match(await text(session.request({ ':path': '/artifact' })), /"secure":false,"refusal":"TLS_REQUIRED"/);
    session.close();
  });

  it('serves this machine without TLS where that is allowed', async () => {
    await start('loopback');
    assert.equal(await who(credentials.createInsecure()), `http://127.0.0.1:${port} nobody`);
  });

  it('takes a new certificate for new connections, and keeps the old one when the new one is unusable', async () => {
    await start();
    const before = await shake();
    const subject = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN;
    assert.equal(subject(before), 'server');
    const { cert } = certificateOf('server-renewed');
    const mixed = { cert, key: certificateOf('server').key, clientCa: testCa() };
    assert.throws(() => tls.renew(mixed));
    assert.throws(() => tls.renew({ ...mixed, cert: 'nothing' }));
    assert.equal(subject(await shake()), 'server');
    tls.renew({ ...certificateOf('server-renewed'), clientCa: testCa() });
    assert.equal(subject(await shake()), 'server-renewed');
    assert.equal(await who(withCertificate('client')), `https://127.0.0.1:${port} 64`);
    // Those that are there already stay.
    before.write('GET /path HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n');
    assert.match(await text(before), /1\.1 \/path$/);
  });

  it('reports which key it shows, and calls back when another certificate has taken effect', async () => {
    await start();
    const keyOf = (name: CertificateName) =>
      createHash('sha256')
        .update(new X509Certificate(certificateOf(name).cert).publicKey.export({ type: 'spki', format: 'der' }))
        .digest('hex');
    assert.equal(tls.spkiSha256, keyOf('server'));
    const told: string[] = [];
    const unsubscribe = tls.onRenewal((key) => told.push(`${key} ${tls.spkiSha256 === key}`));
    const renewed = { ...certificateOf('server-renewed'), clientCa: testCa() };
    assert.throws(() => tls.renew({ ...renewed, key: certificateOf('server').key }));
    tls.renew({ ...certificateOf('server'), clientCa: undefined });
    assert.deepEqual([told, tls.spkiSha256], [[], keyOf('server')]);
    tls.renew(renewed);
    assert.deepEqual(told, [`${keyOf('server-renewed')} true`]);
    unsubscribe();
    tls.renew({ ...certificateOf('server'), clientCa: testCa() });
    assert.deepEqual([told.length, tls.spkiSha256], [1, keyOf('server')]);
    const shown = (await shake()).getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
    assert.equal(
      createHash('sha256')
        .update(shown ?? '')
        .digest('hex'),
      tls.spkiSha256,
    );
  });

  it('ends what begins like TLS and is none, and what stops in the middle', async () => {
    await start();
    const garbage = connectPlain(port, '127.0.0.1').on('error', () => undefined);
    garbage.write(Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    await once(garbage.resume(), 'close');
    const halting = connectPlain(port, '127.0.0.1').on('error', () => undefined);
    halting.write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
    const closed = once(halting.resume(), 'close');
    await who();
    await clock.advance(silenceMs);
    await closed;
    assert.match(await who(), /nobody$/);
  });
});
