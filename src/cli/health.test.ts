import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { scriptedCli } from '../testkit/scriptedCli.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { certificateFile, certificateOf, testCa } from '../testkit/testCertificates.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { runHealth } from './health.js';
import { runCli } from './runCli.js';

const folder = temporaryFolder('health');
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close().closeAllConnections();
});

async function listening(server: Server): Promise<string> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const saying =
  (status: number, body: object): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(JSON.stringify(body));
const serving = saying(200, { serving: true, state: 'serving' });

/** Runs the command as if process 1 had this command line. */
async function health(options: {
  environment?: Record<string, string>;
  main?: string[];
  flags?: Record<string, string>;
  file?: string;
  alive?: boolean;
}) {
  const cli = scriptedCli(options.environment ?? {});
  const commandLine = join(folder, 'cmdline');
  writeFileSync(commandLine, (options.main ?? ['/sbin/init']).map((word) => `${word}\0`).join(''));
  const { flags = {}, file, alive = false } = options;
  const exitCode = await runHealth(cli, { flags, file, alive, json: false }, commandLine).catch(
    (error: Error & { exitCode: number }) => `${error.exitCode} ${error.message}`,
  );
  return { exitCode, out: cli.out().trim() };
}

function fileWith(content: object): string {
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

test('asks where the configuration says, whichever way it says it', async () => {
  const at = await listening(createServer(serving));
  const expected = { exitCode: 0, out: `Serving: http://${at}/health` };
  const file = fileWith({ listen: at });
  assert.deepEqual(await health({ environment: { SEALED_LISTEN: at } }), expected);
  assert.deepEqual(await health({ environment: { SEALED_CONFIG: file } }), expected);
  assert.deepEqual(await health({ file }), expected);
  assert.deepEqual(await health({ flags: { listen: at } }), expected);
  // All addresses are asked on one of them.
  const everywhere = at.replace('127.0.0.1', '0.0.0.0');
  assert.deepEqual(await health({ environment: { SEALED_LISTEN: everywhere } }), expected);
});

test('in a container, options that the service was given count, and are stronger than environment and file', async () => {
  const at = await listening(createServer(serving));
  const expected = { exitCode: 0, out: `Serving: http://${at}/health` };
  const environment = { SEALED_LISTEN: '127.0.0.1:9' };
  const tini = ['tini', '--', 'sealed-prover', 'serve', '--listen', at, '--proof-retention', '1d'];
  assert.deepEqual(await health({ environment, main: tini }), expected);
  const node = ['node', '/app/dist/cli.js', 'serve', '--json', `--listen=${at}`];
  assert.deepEqual(await health({ environment, main: ['/sbin/docker-init', '--', ...node] }), expected);
  const file = fileWith({ listen: at });
  assert.deepEqual(await health({ main: ['sealed-prover', 'serve', '--config', file] }), expected);
  // Somebody else's `serve` is none of ours.
  const other = ['caddy', 'serve', '--listen', at];
  assert.match(`${(await health({ environment, main: other })).exitCode}`, /127\.0\.0\.1:9/);
});

test('a service with TLS is asked by TLS, whatever its certificate says and whichever callers it accepts', async () => {
  const server = createTlsServer(
    { ...certificateOf('server'), ca: testCa(), requestCert: true, rejectUnauthorized: false },
    serving,
  );
  const at = await listening(server);
  const tls = { tlsCert: certificateFile('server'), tlsKey: certificateFile('server', 'key') };
  const flags = { ...tls, listen: at, plaintext: 'never', tlsClientCa: certificateFile('test-ca') };
  assert.deepEqual(await health({ flags: { ...flags, clientCertificates: 'required' } }), {
    exitCode: 0,
    out: `Serving: https://${at}/health`,
  });
});

test('a service that does not serve is alive and not healthy', async () => {
  const at = await listening(createServer(saying(503, { serving: false, state: 'draining' })));
  const { exitCode } = await health({ flags: { listen: at } });
  assert.equal(exitCode, `1 The service at http://${at}/health is draining and takes no requests.`);
  assert.deepEqual(await health({ flags: { listen: at }, alive: true }), {
    exitCode: 0,
    out: `Alive: http://${at}/health`,
  });
});

test('what is no service of ours is neither', async () => {
  const other = await listening(createServer(saying(200, { ok: true })));
  for (const alive of [false, true]) {
    const { exitCode } = await health({ flags: { listen: other }, alive });
    assert.equal(exitCode, `1 Something else than this service answers at http://${other}/health (HTTP 200).`);
    assert.match(
      `${(await health({ flags: { listen: '127.0.0.1:9' }, alive })).exitCode}`,
      /^1 Nothing answers at .*:9/,
    );
  }
});

test('a service that is silent is not waited for without an end', async () => {
  const clock = new SimulatedClock();
  let asked = () => {};
  const arrived = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const at = await listening(createServer(() => asked()));
  const cli = scriptedCli({}, { clock });
  const answer = runHealth(cli, { flags: { listen: at }, file: undefined, alive: true, json: false }, '/nowhere');
  await Promise.all([assert.rejects(answer, /silent for 15 s/), arrived.then(() => clock.advance(15_000))]);
});

test('every failure is exit code 1, the only one that Docker knows', async () => {
  for (const words of [
    ['--listen', '127.0.0.1:0'],
    ['--listen', 'nonsense'],
    ['--listen', '127.0.0.1:9'],
  ]) {
    const cli = scriptedCli({});
    assert.equal(await runCli(['health', ...words], cli), 1, words.join(' '));
    assert.ok(!cli.err().includes('This should not have happened'), cli.err());
  }
});
