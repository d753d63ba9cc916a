// The demonstration of `attest run` and `attest proxy`: somebody in the middle is refused before a byte of the input has left, and then the input
// goes over an attested connection.
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { defaultVerdictMs } from '../attestation/attested/openTarget.js';
import { p256KeyOf } from '../attestation/pki/p256KeyOf.js';
import { selfSigned } from '../attestation/pki/selfSigned.js';
import { startProxy } from '../attestProxy/startProxy.js';
import { createLog } from '../log.js';
import { systemRandom } from '../random.js';
import { firstLook, openProxyTarget } from './attest/openProxy.js';
import type { ProxyOptions } from './attest/proxyOptions.js';
import { runAttestRun } from './attest/run.js';
import { type Cli, CliError } from './cli.js';

export interface DemoProxyParameters {
  /** Of a service with development quotes and TLS of its own. */
  readonly url: string;
  /** Of the service: its development root lies in it. */
  readonly data: string;
  readonly signal: AbortSignal;
}

export interface DemoProxy {
  /** Where the client of the demonstration finds the service. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Throws CliError when somebody in the middle is not refused, or the service is. */
export async function openDemoProxy(cli: Cli, { url, data, signal }: DemoProxyParameters): Promise<DemoProxy> {
  const options: ProxyOptions = {
    mode: 'require',
    sealedBodies: 'off',
    reattest: defaultVerdictMs,
    state: join(data, 'demo-endpoints.json'),
    insecureDevRoot: join(data, 'dev-root.der'),
  };
  await refuseTheMiddle(cli, url, options);
  const opened = await openProxyTarget(cli, new URL(url), options);
  await firstLook(cli, opened, { signal, show: () => {} });
  const proxy = await startProxy({
    target: new URL(url),
    connections: opened.connections,
    listen: { host: '127.0.0.1', port: 0 },
    verdictMs: options.reattest,
    onLook: () => {},
    clock: cli.clock,
    random: systemRandom,
    log: createLog('silent'),
  });
  cli.output.print(`$ sealed-prover attest proxy ${url} --insecure-dev-root ${options.insecureDevRoot}\n`);
  cli.output.print(`${'Attested proxy'.padEnd(18)} ${proxy.url}: what is sent there goes to the quoted key alone\n`);
  return proxy;
}

/** The name of a program that would have had the input. */
const command = ['sealed-prover', 'prove'];

async function refuseTheMiddle(cli: Cli, url: string, options: ProxyOptions): Promise<void> {
  const middle = await startMiddle(cli, url);
  cli.output.print(`$ sealed-prover attest run ${middle.url} … -- ${command.join(' ')}\n`);
  try {
    const quiet = { ...cli, output: { ...cli.output, print: () => {}, note: () => {} } };
    await runAttestRun(quiet, new URL(middle.url), command, options);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'ATTESTATION_REFUSED') throw error;
    const [, reason] = /nothing was sent\. (\w+):/.exec(error.message) ?? [];
    const seen = middle.seen();
    if (/ProverNetwork|ArtifactStore|\/artifacts\//.test(seen)) throw wrong();
    cli.output.print(`${'In the middle'.padEnd(18)} exit code 1: ${reason}. Nothing was run.`);
    cli.output.print(
      `${''.padEnd(18)} It has passed on ${seen.length} bytes: a question for evidence, and none of the input\n`,
    );
    return;
  } finally {
    middle.close();
  }
  throw wrong();
}

const wrong = () => new CliError('DEMO_FAILED', 'Somebody in the middle was taken for the service.');

/** It has a key of its own, and passes everything on as it is. */
async function startMiddle(cli: Cli, url: string) {
  const key = p256KeyOf(systemRandom.bytes(32));
  const cert = selfSigned({ key, names: ['127.0.0.1'], now: cli.clock.now() });
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let seen = '';
  const server = createServer(
    { cert, key: key.export({ type: 'sec1', format: 'pem' }), ALPNProtocols: ['h2', 'http/1.1'] },
    (client) => {
      const protocol = client.alpnProtocol || 'http/1.1';
      const onward = connect({
        host: hostname,
        port: Number(port),
        ALPNProtocols: [protocol],
        rejectUnauthorized: false,
      });
      for (const socket of [client, onward]) sockets.add(socket.on('error', () => socket.destroy()));
      client.on('data', (bytes: Buffer) => {
        seen += bytes.toString('latin1');
      });
      client.pipe(onward).pipe(client);
    },
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: () => seen,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
