// `sealed-prover demo`: a service, a private input, a real proof and its verification, on this machine and in one go.
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ByteSource, type Client, createClient, type ProofMode } from '../client/client.js';
import { randomHex, systemRandom } from '../random.js';
import { createBusyLine } from './busyLine.js';
import { type Cli, CliError, interruptedExitCode } from './cli.js';
import { demonstrateAttestation } from './demoAttest.js';
import { type DemoExample, findDemoExample } from './demoExample.js';
import { demoNextSteps } from './demoNextSteps.js';
import { type DemoProxy, type DemoProxyParameters, openDemoProxy } from './demoProxy.js';
import { type DemoService, startDemoService } from './demoService.js';
import { dataFolder } from './folders.js';
import { formatCount, formatDuration, formatSize } from './format.js';
import { readProgram } from './parse.js';
import { programKeyOf } from './programKey.js';
import { createProgressView } from './progressView.js';
import { verifyProof } from './verify.js';

export interface DemoOptions {
  readonly program: string;
  readonly mode: ProofMode;
  readonly input?: string;
  readonly engine?: string;
  readonly data?: string;
  /** Show first how a client checks where it sends its input. */
  readonly attest?: true;
}

export async function runDemo(cli: Cli, options: DemoOptions, inputs: readonly ByteSource[]): Promise<number> {
  const example = findDemoExample({ program: options.program, input: options.input, inputs });
  const data = options.data ?? join(dataFolder(cli.environment), 'demo');
  try {
    return await cli.interruptible(async (signal) => {
      const startedAt = cli.clock.steady();
      const starting = createBusyLine(cli.output, cli.clock, 'Starting a service');
      const service = await startDemoService(cli, {
        data,
        engine: options.engine,
        attest: options.attest === true,
        // What is quoted is the key of the service's own TLS.
        more: options.attest ? ['--tls', 'ephemeral'] : [],
      }).finally(starting.end);
      let proxy: DemoProxy | undefined;
      let client: Client | undefined;
      try {
        row(cli, 'Service', `${service.url}, data in ${data} (${since(cli, startedAt)})`);
        if (options.attest)
          proxy = await Promise.race([attested(cli, { url: service.url, data, signal }), service.died]);
        // The key signs calls of this run only, so it is not kept.
        client = createClient({
          url: proxy?.url ?? service.url,
          privateKey: randomHex(systemRandom, 32),
          clock: cli.clock,
          environment: cli.environment,
          signal,
        });
        return await Promise.race([
          demonstrate(cli, { options, example, service, client, data, signal }),
          service.died,
        ]);
      } finally {
        client?.close();
        await proxy?.stop();
        const stopping = createBusyLine(cli.output, cli.clock, 'Stopping the service');
        await service.stop().finally(stopping.end);
      }
    });
  } catch (error) {
    if ((error as { failure?: { code?: string } }).failure?.code !== 'ABORTED') throw error;
    cli.output.note(
      'Interrupted. The service has been stopped; a request that was running goes on with the next demo.',
    );
    return interruptedExitCode;
  }
}

/** First the evidence, then the way that the input takes. */
async function attested(cli: Cli, of: DemoProxyParameters): Promise<DemoProxy> {
  await demonstrateAttestation(cli, of);
  return await openDemoProxy(cli, of);
}

const row = (cli: Cli, name: string, text: string) => cli.output.print(`${name.padEnd(14)} ${text}`);
const since = (cli: Cli, at: number) => formatDuration(cli.clock.steady() - at);

interface Demonstration {
  readonly options: DemoOptions;
  readonly example: DemoExample;
  readonly service: DemoService;
  readonly client: Client;
  readonly data: string;
  readonly signal: AbortSignal;
}

async function demonstrate(
  cli: Cli,
  { options, example, service, client, data, signal }: Demonstration,
): Promise<number> {
  const { mode, engine } = options;
  const elf = readProgram(example.elfPath);
  const setUpAt = cli.clock.steady();
  const key = await programKeyOf(cli, elf, { engine, signal });
  await client.registerProgram({ elf, ...key }, { signal });
  row(cli, 'Program', `${example.name}: ${example.title}`);
  row(cli, '', `0x${key.vkHash} (${since(cli, setUpAt)})`);

  const requestedAt = cli.clock.steady();
  const requestId = await client.requestProof({ vkHash: key.vkHash, mode, inputs: example.inputs, signal });
  row(cli, 'Input', `${example.inputText}, sent to the service and to nobody else`);
  row(cli, 'Request', `0x${requestId}`);

  const view = createProgressView(cli.output, cli.clock);
  const folder = join(data, 'demo-proofs');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${basename(example.name).replace(/\.elf$/, '')}.${mode}.proof`);
  try {
    const { proofUrl } = await client.waitProof(requestId, { signal, onUpdate: view.update });
    const { sizeBytes } = await client.download({ proofUrl, path, signal });
    view.end();
    row(cli, 'Proof', `${mode}, ${formatSize(sizeBytes)}, ${since(cli, requestedAt)} from request to file`);
    row(cli, '', path);
    const verifiedAt = cli.clock.steady();
    const file = await readFile(path);
    const verdict = await verifyProof(cli, { file, program: example.elfPath, engine, signal });
    if (!verdict.ok) throw new CliError('PROOF_INVALID', `THE PROOF DOES NOT VERIFY: ${verdict.reason}`);
    const publicValues = Buffer.from(verdict.proof.publicValues).toString('hex');
    row(cli, 'Public values', publicValues === '' ? 'none' : `0x${publicValues}`);
    if (example.expectedPublicValues !== undefined && example.expectedPublicValues !== publicValues) {
      throw new CliError('PUBLIC_VALUES_UNEXPECTED', `The example promises 0x${example.expectedPublicValues}.`);
    }
    const { cycles } = await client.details(requestId, { signal });
    if (cycles !== undefined) row(cli, 'Cycles', formatCount(cycles));
    row(
      cli,
      'Verified',
      `by an engine of this machine, from the program and the proof alone (${since(cli, verifiedAt)})`,
    );
  } finally {
    view.end();
  }
  cli.output.print(demoNextSteps({ data, proofPath: path, elfPath: example.elfPath, logPath: service.logPath }));
  return 0;
}
