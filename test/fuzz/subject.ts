// The service under fuzz: a real process with a fake engine, what it must still do after any input, and what inputs are made from.
import assert from 'node:assert/strict';
import { parseArtifactUri } from '../../src/artifacts/capability.js';
import { type Client, createClient } from '../../src/client/client.js';
import { holdingClock } from '../../src/clock.js';
import { ProverNetwork } from '../../src/gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../../src/ids.js';
import { bodyKeyOf } from '../../src/testkit/sealed/sealedSdk.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import {
  createServiceRig,
  type LogLine,
  type ServiceProcess,
  type ServiceRig,
} from '../../src/testkit/service/serviceRig.js';
import { createHttp2Caller, type Http2Caller } from './http2Call.js';
import { inTime } from './inTime.js';
import { filesOf, type Ledger } from './ledger.js';
import { type Memory, memoryOf } from './memory.js';
import { cutStaying } from './rawConnection.js';

export interface Subject {
  readonly rig: ServiceRig;
  readonly alice: ServiceRequester;
  /** Makes the hostile calls; good ones have a connection of their own. */
  readonly caller: Http2Caller;
  /** A fulfilled request of Alice, and its proof. */
  readonly fulfilled: { readonly requestId: RequestId; readonly proofPath: string; readonly proof: Buffer };
  /** Of the service that runs now, for sealed bodies. */
  bodyKey(): Uint8Array;
  /** How often what was answered, by the targets' own names: shows whether inputs get anywhere. */
  readonly seen: Map<string, number>;
  readonly ledger: Ledger;
  /** Another nonce. */
  nonce(): Promise<bigint>;
  /** As long as a few good calls take: whatever was sent before has been looked at. */
  pause(): Promise<void>;
  /** Runs one input. Rejects when it does, when the service is gone or hangs after it, or when its log says that something was not expected. */
  survive(input: () => Promise<void>): Promise<void>;
  /** After all connections of ours are closed. */
  memory(): Promise<Memory>;
  /** Stops it as an operator does. */
  stop(): Promise<void>;
  /** Removes what is left. */
  end(): Promise<void>;
}

/** Of a good call, which takes a millisecond; on a busy machine within this (ms). */
const answerWithinMs = 60_000;
/** Small ones, so that inputs reach them. */
const limitBytes = 2 * 1024 * 1024;

const flags = {
  'log-level': 'warn',
  attest: 'dev',
  'max-stdin-size': `${limitBytes}`,
  'max-program-size': `${limitBytes}`,
  // One requester makes all the valid ones, for as long as somebody likes.
  'max-open-requests-per-address': '20000',
  'max-programs-per-address': '1000000',
};
/** V8 lets the young generation of each thread grow to tens of MiB before it cleans up, which looked like memory that is kept. */
const environment = { NODE_OPTIONS: '--max-semi-space-size=1' };
/** Long enough for another call to meet a request that is open. */
const script = { rules: [{ on: 'prove', delayMs: 20 }] } as const;

export async function createSubject(): Promise<Subject> {
  const rig = await createServiceRig({ flags, script, environment });
  const alice = createRequester(rig.url, { clock: holdingClock, retryBudgetMs: answerWithinMs });
  const caller = createHttp2Caller(rig.url);
  let good: Client = newGood();
  let service: ServiceProcess = await rig.serve();
  let bodyKey = await bodyKeyOf(rig.url);
  let isHung = false;
  await alice.register();
  const stdinUri = await alice.uploadStdin(stdinOf('the first'));
  const requestId = await alice.ask(stdinUri);
  const { proofUrl } = await alice.client.waitProof(requestId, { pollMs: 50 });
  const fulfilled = { requestId, proofPath: new URL(proofUrl).pathname, proof: await alice.fetchProof(proofUrl) };

  const ledger: Ledger = {
    requests: new Set([requestId]),
    artifacts: new Set([stdinUri, await programUriOf(alice)].map((uri) => parseArtifactUri(uri) as string)),
    files: new Set([parseArtifactUri(stdinUri) as string, ...filesOf(rig.data, 'program')]),
    programs: new Set([alice.vkHash]),
  };

  function assertRunning(): void {
    const what = isHung ? 'does not answer any more' : 'is gone';
    assert.ok(isRunning(service), `the service ${what}:\n${lastWordsOf(service)}`);
  }

  /** The good call. One that is not answered has met a service that hangs: it is ended, before it takes all memory. */
  async function nonce(): Promise<bigint> {
    assertRunning();
    try {
      return await inTime(good.nonce(), answerWithinMs, 'no answer');
    } catch (cause) {
      assertRunning();
      isHung = true;
      await service.kill();
      throw new Error(`the service does not answer any more:\n${lastWordsOf(service)}`, { cause });
    }
  }

  async function pause(): Promise<void> {
    for (let i = 0; i < 3; i++) await nonce();
  }

  function newGood(): Client {
    return createClient({
      url: rig.url,
      privateKey: '01'.repeat(32),
      clock: holdingClock,
      retryBudgetMs: answerWithinMs,
    });
  }

  /** After a crash that an input has caused, so that the next input is judged by itself. */
  async function revive(): Promise<void> {
    if (isRunning(service)) return;
    service = await rig.serve();
    bodyKey = await bodyKeyOf(rig.url);
    isHung = false;
    good.close();
    good = newGood();
  }

  async function assertCalm(from: number): Promise<void> {
    await nonce();
    assertRunning();
    assert.deepEqual(service.lines.slice(from).filter(isUnexpected), [], 'something was not expected');
  }

  return {
    rig,
    alice,
    caller,
    fulfilled,
    bodyKey: () => bodyKey,
    seen: new Map(),
    ledger,
    nonce,
    pause,
    async survive(input) {
      await revive();
      const from = service.lines.length;
      await input().catch(async (error: unknown) => {
        // A service that has died or complained explains what the input has found.
        await assertCalm(from);
        throw error;
      });
      await assertCalm(from);
    },
    async memory() {
      caller.close();
      cutStaying();
      await pause();
      return memoryOf(service.child.pid as number);
    },
    async stop() {
      for (const each of [alice, caller, good]) each.close();
      assert.equal(await service.stop(), 0);
    },
    async end() {
      for (const each of [alice, caller, good]) each.close();
      await rig.end();
    },
  };
}

/** Of the program that is registered. */
async function programUriOf({ context, vkHash }: ServiceRequester): Promise<string> {
  const { program } = await context.attempt('GetProgram', {}, (call) =>
    call(ProverNetwork.method.getProgram, { vkHash: bytesOf(vkHash) }),
  );
  return program?.programUri ?? '';
}

/** Of a gRPC call as the SDK makes it. */
export const headersOf = ({ rig }: Pick<Subject, 'rig'>, path: string): Record<string, string> => ({
  ':method': 'POST',
  ':scheme': 'http',
  ':authority': `127.0.0.1:${rig.port}`,
  ':path': path,
  'content-type': 'application/grpc',
  te: 'trailers',
});

/** Inputs name what only the running service has; all else is itself. */
export function placeOf(name: string, { rig, fulfilled }: Pick<Subject, 'rig' | 'fulfilled'>): string {
  if (name === 'HOST') return `127.0.0.1:${rig.port}`;
  if (name === 'PROOF') return fulfilled.proofPath;
  return name === 'REQUEST' ? `/requests/${fulfilled.requestId}` : name;
}

const isRunning = ({ child }: ServiceProcess) => child.exitCode === null && child.signalCode === null;

const lastWordsOf = ({ lines }: ServiceProcess) =>
  lines
    .slice(-20)
    .map(({ text }) => text)
    .join('\n');

/** Lines of level `warn` that any service may write, and lines for people. */
const isUnexpected = ({ text, event }: LogLine): boolean =>
  event === undefined ? /warning|error| {4}at /i.test(text) : /"level":"(error|fatal)"/.test(text);
