// The client where the environment names a proxy. The proxy is real and records what it was asked for. A service on this machine stands
// for one far away, under a name that only the proxy resolves.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { runCli } from '../cli/runCli.js';
import { ArtifactStore, ArtifactType } from '../gen/artifact/artifact_pb.js';
import { ProverNetwork } from '../gen/network/network_pb.js';
import type { RequestId } from '../ids.js';
import { type RecordingProxy, startRecordingProxy } from '../testkit/network/recordingProxy.js';
import { type ScriptedNetwork, startScriptedNetwork } from '../testkit/network/scriptedNetwork.js';
import { scriptedCli } from '../testkit/scriptedCli.js';
import { impatientClock } from '../testkit/world/impatientClock.js';
import { type Client, createClient } from './client.js';
import { createContext } from './context.js';
import { download } from './download.js';
import { ClientError } from './errors.js';
import { progress } from './progress.js';
import type { Environment } from './proxy.js';
import { upload } from './upload.js';

const far = 'prover.example.test';
const privateKey = '11'.repeat(32);

describe('a client in an environment with a proxy', () => {
  let network: ScriptedNetwork;
  let proxy: RecordingProxy;
  let port: number;
  let folder: string;
  let received: string[];
  const clients: Client[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealed-proxy-'));
    network = await startScriptedNetwork();
    port = Number(new URL(network.url).port);
    proxy = await startRecordingProxy({ port });
    received = [];
    network.on(ProverNetwork.method.getNonce, () => ({ nonce: 1n }));
    network.onHttp((request, response) => {
      received.push(`${request.method} ${request.url}`);
      if (request.url === '/moved') response.writeHead(302, { location: `http://${far}:${port}/proof` }).end();
      else request.resume().on('end', () => response.end('a proof'));
    });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    proxy.close();
    network.close();
    await rm(folder, { recursive: true });
  });

  /** Every variable that anything reads. */
  const everywhere = (value = proxy.url): Environment =>
    Object.fromEntries(
      ['grpc_proxy', 'http_proxy', 'https_proxy', 'all_proxy']
        .flatMap((name) => [name, name.toUpperCase()])
        .map((name) => [name, value]),
    );

  /** One call, one upload, one download, and a look at a request. */
  async function useAll(host: string, environment: Environment): Promise<void> {
    const url = `http://${host}:${port}`;
    network.on(ArtifactStore.method.createArtifact, () => ({
      artifactUri: 'an artifact',
      artifactPresignedUrl: `${url}/artifact`,
    }));
    const context = createContext({ url, privateKey, environment, retryBudgetMs: 0 });
    const path = join(folder, 'a.proof');
    try {
      await upload(context, { type: ArtifactType.PRIVATE_STDIN, body: bytes('input') });
      await download(context, { proofUrl: `${url}/moved`, path });
      await progress(context, 'ab'.repeat(32) as RequestId, new AbortController().signal);
    } finally {
      context.transport.close();
    }
    assert.match(await readFile(path, 'latin1'), /^a proof/);
  }

  const bytes = (text: string) => ({ sizeBytes: text.length, open: () => Readable.from([Buffer.from(text)]) });

  it('takes one way to a service far away, for calls and for transfers', async () => {
    await useAll(far, { ...everywhere(), NO_PROXY: 'example.org,localhost' });
    assert.deepEqual(network.calls, ['CreateArtifact']);
    assert.deepEqual(received.slice(0, 3), ['PUT /artifact', 'GET /moved', 'GET /proof']);
    // A tunnel for the calls and one for each transfer, and nothing else.
    assert.deepEqual(new Set(proxy.asked), new Set([`CONNECT ${far}:${port}`]));
    assert.equal(proxy.asked.length, 5);
  });

  it('identifies itself to the proxy on either way', async () => {
    await useAll(far, { http_proxy: `http://me:p%40ss@127.0.0.1:${proxy.port}` });
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    assert.deepEqual(new Set(proxy.authorizations), new Set([basic]));
  });

  for (const host of ['127.0.0.1', 'localhost']) {
    it(`goes to ${host} directly, whatever the environment says`, async () => {
      const environment = { ...everywhere(), NODE_USE_ENV_PROXY: '1' };
      const before = { ...process.env };
      // For the libraries below, which read it themselves.
      Object.assign(process.env, environment);
      try {
        network.onHttp((request, response) => {
          received.push(`${request.method} ${request.url}`);
          request.resume().on('end', () => response.end('a proof'));
        });
        await useAll(host, environment);
      } finally {
        for (const name of Object.keys(environment)) delete process.env[name];
        Object.assign(process.env, before);
      }
      assert.deepEqual(proxy.asked, []);
      assert.ok(network.calls.length > 0 && received.length > 1);
    });
  }

  it('goes directly where a variable excepts it, for calls and for transfers', async () => {
    const client = createClient({
      url: `http://${far}:${port}`,
      privateKey,
      environment: { ...everywhere(), no_proxy: far },
    });
    clients.push(client);
    // The name resolves nowhere: had a proxy been asked, it would have answered.
    await assert.rejects(client.nonce({ retryBudgetMs: 0 }), { message: /does not resolve/ });
    assert.deepEqual(proxy.asked, []);
  });

  it('names the proxy that refuses, for calls and for transfers', async () => {
    proxy.status = 403;
    const context = createContext({
      url: `http://${far}:${port}`,
      privateKey,
      environment: everywhere(),
      retryBudgetMs: 0,
    });
    const messageOf = async (work: Promise<unknown>) => {
      const error = await work.then(
        () => assert.fail('it went through'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof ClientError);
      assert.doesNotMatch(error.message, /undefined/);
      return error.message;
    };
    const body = bytes('input');
    const type = ArtifactType.PRIVATE_STDIN;
    assert.match(
      await messageOf(upload(context, { type, body })),
      /the proxy 127\.0\.0\.1:\d+ of grpc_proxy does not connect to/,
    );
    const proofUrl = `http://${far}:${port}/proof`;
    const transfer = await messageOf(download(context, { proofUrl, path: join(folder, 'none') }));
    assert.match(transfer, /the proxy 127\.0\.0\.1:\d+ of grpc_proxy refuses to connect to .* with HTTP 403/);
    proxy.close();
    assert.match(
      await messageOf(download(context, { proofUrl, path: join(folder, 'none') })),
      /cannot be reached \(ECONNREFUSED\)/,
    );
    context.transport.close();
  });

  it('shows only its own sentence', async () => {
    proxy.status = 407;
    const written: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write;
    let time = 0;
    // A minute passes with every look at it.
    const clock = { ...impatientClock, steady: () => (time += 60_000) };
    const environment = { ...everywhere(), SEALED_URL: `http://${far}:${port}`, SEALED_CLIENT_KEY: privateKey };
    const cli = scriptedCli(environment, { clock });
    try {
      assert.notEqual(await runCli(['request', 'list'], cli), 0);
    } finally {
      process.stderr.write = write;
    }
    assert.deepEqual(written, []);
    assert.match(
      cli.err(),
      new RegExp(`Nothing answers at http://${far}:${port} \\(the proxy 127.0.0.1:${proxy.port} of grpc_proxy`),
    );
    assert.doesNotMatch(cli.out() + cli.err(), /undefined/);
  });
});
