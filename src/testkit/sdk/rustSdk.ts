// The stock Rust sp1-sdk as the suites run it (conformance/), and what a fake engine must know to be believed by it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withLocalEngine } from '../../cli/localEngine.js';
import { encodeProgram } from '../../client/encode.js';
import { systemClock } from '../../clock.js';
import { sampleStdin } from '../artifacts/sampleArtifacts.js';
import { fakePublicValues } from '../engine/fakeProof.js';
import { required, runToEnd } from '../service/realService.js';

/** How one request ended: the fields of conformance/src/request.rs that tests look at. */
export interface SdkReport {
  readonly outcome: string;
  readonly requestId: string | null;
  readonly verified: boolean;
  readonly publicValues: string;
  readonly cycles: number | null;
  /** The wire's numbers, from the details. */
  readonly fulfillmentStatus: number | null;
  readonly executionStatus: number | null;
  readonly executeFailCause: number | null;
  /** The reason in words, which the wire has in mainnet mode only. */
  readonly errorTrace: string | null;
  /** Of the request, in seconds since the epoch. */
  readonly deadline: number | null;
  readonly cycleLimit: string | null;
  readonly elapsedMs: number;
  readonly finishedAtMs: number;
  readonly error?: { readonly text: string; readonly grpcCode: string | null; readonly grpcMessage: string | null };
  /** Of `concurrent`. */
  readonly requests: readonly SdkReport[];
  /** Of `cancel`: what cancelling it once more met. */
  readonly secondCancel: object | null;
}

export interface SdkRun<Report> {
  /** 0 when what was expected has happened. */
  readonly code: number | null;
  readonly report: Report;
}

/** Runs one command of the client to its end. `env` is added to this process's own. */
export async function runSdk<Report = SdkReport>(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<SdkRun<Report>> {
  const { code, output } = await runToEnd(required('CONFORMANCE_CLIENT'), args, env);
  return { code, report: JSON.parse(output.trim().split('\n').at(-1) || '{}') as Report };
}

export const fibonacci = fileURLToPath(new URL('../../../examples/fibonacci/fibonacci.elf', import.meta.url));

/** The program's real verifying key, in hex: the SDK registers it, so a fake engine must answer it. Takes some ten seconds. */
export async function fibonacciVk(): Promise<string> {
  const program = await encodeProgram(readFileSync(fibonacci));
  const options = { clock: systemClock, signal: new AbortController().signal };
  const vk = await withLocalEngine(required('SEALED_ENGINE'), options, (engine) => engine.setup(program));
  return Buffer.from(vk).toString('hex');
}

/** The stdin artifact that the client makes of `--input-u32`. */
const stdinOfU32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return sampleStdin(buffer);
};

/** The name of that artifact in a fake engine's rules. */
export const stdinSha256OfU32 = (value: number): string => createHash('sha256').update(stdinOfU32(value)).digest('hex');

/** What a fake engine commits to for it. */
export const fakePublicValuesOfU32 = (value: number): string => fakePublicValues(stdinOfU32(value)).toString('hex');
