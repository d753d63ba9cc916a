// The running service with a certificate: calls, uploads and proofs by https, without a client certificate and with one, beside clients on
// this machine without TLS; and a renewal while it runs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { createSigner } from '../../src/client/signer.js';
import { holdingClock } from '../../src/clock.js';
import {
  ArtifactType,
  CreateArtifactRequestSchema,
  CreateArtifactResponseSchema,
} from '../../src/gen/artifact/artifact_pb.js';
import { createRequester, expectedProof, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { certificateFile, certificateOf, testCa } from '../../src/testkit/testCertificates.js';

describe('a service with TLS', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let cert: string;
  let key: string;
  before(async () => {
    rig = await createServiceRig();
    cert = join(rig.folder, 'cert.pem');
    key = join(rig.folder, 'key.pem');
    copyFileSync(certificateFile('server'), cert);
    copyFileSync(certificateFile('server', 'key'), key);
    service = await rig.serve({ 'tls-cert': cert, 'tls-key': key, 'tls-client-ca': certificateFile('test-ca') });
  });
  after(async () => {
    assert.equal(await service.stop(), 0);
    await rig.end();
  });

  const url = () => `https://127.0.0.1:${rig.port}`;

  function createArtifact(identity?: { cert: string; key: string }): Promise<string> {
    const ca = Buffer.from(testCa());
    const channel = identity
      ? credentials.createSsl(ca, Buffer.from(identity.key), Buffer.from(identity.cert))
      : credentials.createSsl(ca);
    const client = new Client(`127.0.0.1:${rig.port}`, channel);
    const signer = createSigner(Buffer.alloc(32, 1).toString('hex'));
    const message = create(CreateArtifactRequestSchema, {
      signature: signer.sign(Buffer.from('create_artifact')),
      artifactType: ArtifactType.PRIVATE_STDIN,
    });
    return new Promise<string>((resolve, reject) => {
      client.makeUnaryRequest(
        '/artifact.ArtifactStore/CreateArtifact',
        (value: typeof message) => Buffer.from(toBinary(CreateArtifactRequestSchema, value)),
        (bytes: Buffer) => fromBinary(CreateArtifactResponseSchema, bytes).artifactPresignedUrl,
        message,
        (error: ServiceError | null, value?: string) => (error === null ? resolve(value ?? '') : reject(error)),
      );
    }).finally(() => client.close());
  }

  async function send(method: string, target: string, body?: Uint8Array): Promise<{ status: number; text: string }> {
    const outgoing = request(target, { method, ca: testCa(), agent: false });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, text: await text(response) };
  }

  const subject = async (): Promise<unknown> => {
    const socket = connect({ host: '127.0.0.1', port: rig.port, ca: testCa() });
    await once(socket, 'secureConnect');
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return CN;
  };

  it('logs its https URL, and gives https URLs to clients that came by https', async () => {
    assert.ok(service.lines.some(({ text: line }) => line.startsWith(`Serving on ${url()}`)));
    const given = await createArtifact();
    assert.ok(given.startsWith(`${url()}/artifacts/`), given);
    const answer = await send('PUT', given, stdinOf('by https'));
    assert.equal(answer.status, 200, answer.text);
  });

  it('check 15: takes calls and artifacts with a client certificate, with a strange one, and with none', async () => {
    for (const identity of [certificateOf('client'), certificateOf('stranger'), undefined]) {
      assert.equal((await send('PUT', await createArtifact(identity), stdinOf('x'))).status, 200);
    }
    assert.equal((await send('GET', `${url()}/health`)).status, 200);
  });

  it('proves for a client on this machine that speaks without TLS', async () => {
    const requester = createRequester(rig.url, { clock: holdingClock });
    await requester.register();
    const stdin = stdinOf('plain');
    const { proofUrl } = await requester.client.waitProof(await requester.submit(stdin), { pollMs: 50 });
    assert.ok(proofUrl.startsWith('http://'));
    assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdin)));
    assert.equal((await send('GET', proofUrl.replace('http://', 'https://'))).status, 200);
    requester.close();
  });

  it('takes a renewed certificate without a restart, and keeps the old one while key and certificate do not fit', async () => {
    assert.equal(await subject(), 'server');
    const replace = (path: string, from: string) => {
      copyFileSync(from, `${path}.new`);
      renameSync(`${path}.new`, path);
    };
    replace(cert, certificateFile('server-renewed'));
    await service.until(
      ({ event, text: line }) => event === 'config.refused' && line.includes('do not belong together'),
    );
    assert.equal(await subject(), 'server');
    replace(key, certificateFile('server-renewed', 'key'));
    await service.until(({ event }) => event === 'config.reloaded');
    assert.equal(await subject(), 'server-renewed');
  });

  it('does not start with files that cannot be used, and says which', async () => {
    const broken = join(rig.folder, 'broken.pem');
    writeFileSync(broken, 'no certificate');
    for (const [file, expected] of [
      [broken, /broken\.pem cannot be used: certificate, key and client CA must be PEM files/],
      [join(rig.folder, 'missing.pem'), /missing\.pem cannot be used: /],
    ] as const) {
      const other = rig.spawn({
        listen: '127.0.0.1:0',
        data: join(rig.folder, 'other'),
        'tls-cert': file,
        'tls-key': key,
      });
      assert.notEqual((await other.exited).code, 0);
      assert.match(other.lines.map(({ text: line }) => line).join('\n'), expected);
    }
    const half = rig.spawn({ listen: '127.0.0.1:0', data: join(rig.folder, 'other'), 'tls-cert': cert });
    assert.notEqual((await half.exited).code, 0);
    assert.match(half.lines.map(({ text: line }) => line).join('\n'), /--tls-cert and --tls-key need each other/);
  });
});
