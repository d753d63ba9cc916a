// A program and its input from one body, to a durable request in mode tee. Both routes that take such bodies do it this way.
import type { Catalog } from '../../artifacts/catalog.js';
import type { ArtifactBackend } from '../../artifacts/port.js';
import type { Slots } from '../../artifacts/slots.js';
import type { Clock } from '../../clock.js';
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { type Address, newArtifactId, type RequestId, type VkHash } from '../../ids.js';
import type { Scheduling } from '../../lanes/scheduling.js';
import type { Log } from '../../log.js';
import type { Random } from '../../random.js';
import type { Registry, Submission } from '../../requests/registry.js';
import type { ArtifactRecord } from '../../store/buckets.js';
import type { Transaction } from '../../store/environment.js';
import type { Exchange } from '../../transport/http/exchange.js';
import type { ReceivedRequest, RequestTask } from '../../workers/upload/task.js';
import { requestBodyLimit } from '../../workers/upload/teeRequest.js';
import { announcedBytesOf, whileMoving } from '../http/whileMoving.js';
import { traceparentOf } from '../traceparent.js';

export interface TakeInDependencies {
  readonly registry: Pick<Registry, 'submit'>;
  readonly scheduling: Pick<Scheduling, 'outage'>;
  readonly catalog: Catalog;
  readonly backend: Pick<ArtifactBackend, 'receiveRequest'>;
  readonly slots: Slots;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly refusal: () => Failure | undefined;
  readonly limitBytes: Readonly<Record<'program' | 'stdin', number>>;
}

/** What the caller and the body say of the request. */
export type Terms = Pick<Submission, 'requester' | 'cycleLimit' | 'form'>;

export interface TakeInParameters {
  readonly form: RequestTask['form'];
  /** In whose name the body comes, before all of it has. */
  readonly sender: Address;
  /** Asked when all of it has come. Where it rejects, nothing is kept. */
  readonly termsOf: (received: ReceivedRequest) => Promise<Terms>;
  /** Joins the transaction that makes the request durable. */
  readonly alsoWrite?: (tx: Transaction, requestId: RequestId) => void;
}

/** Neither wire has a deadline. A client that has gone must not keep a guest running for hours. */
const deadlineMs = 60 * 60_000;

/** Of a program that came with its request: what its key is, the set-up says. */
const unknownVkHash = '00'.repeat(32) as VkHash;
export const unlimited = `${2n ** 64n - 1n}`;
/** FulfillmentStrategy HOSTED. */
const hosted = 1;

/** Resolves when the request is durable. Rejects as uploads and `submit` do, with BODY_TOO_LARGE, MALFORMED_REQUEST and ELF_CLASS_MISMATCH. */
export async function takeIn(
  exchange: Exchange,
  parameters: TakeInParameters,
  dependencies: TakeInDependencies,
): Promise<RequestId> {
  const { registry, scheduling, catalog, clock, random, log } = dependencies;
  const refusal = dependencies.refusal() ?? scheduling.outage('tee');
  if (refusal !== undefined) throw new FailureError(refusal);
  const now = clock.now();
  const ids = { program: newArtifactId(now, random), stdin: newArtifactId(now, random) };
  const { program, stdin, terms } = await receive(exchange, ids, parameters, dependencies);
  const submission: Submission = {
    ...terms,
    flavour: 'base',
    vkHash: unknownVkHash,
    program: { id: ids.program, sha256: program.sha256, sizeBytes: program.sizeBytes },
    version: 'sp1-v6.1.0',
    mode: 'tee',
    strategy: hosted,
    stdinId: ids.stdin,
    stdinPrivate: true,
    deadlineAt: clock.now() + deadlineMs,
    gasLimit: unlimited,
    minAuctionPeriod: '0',
    whitelist: [],
    ...traceparentOf(exchange.headers),
  };
  const requestId = await registry.submit(submission, {
    stdin: () => ({ id: ids.stdin, sha256: stdin.sha256, sizeBytes: stdin.sizeBytes, private: true }),
    alsoWrite(tx, id) {
      catalog.reference(tx, ids.program, id);
      catalog.reference(tx, ids.stdin, id);
      parameters.alsoWrite?.(tx, id);
    },
  });
  const sizeBytes = program.sizeBytes + stdin.sizeBytes;
  log.info(
    { event: 'tee.requested', requestId, form: parameters.form, programSha256: program.sha256, sizeBytes },
    'program and input received in one body',
  );
  return requestId;
}

async function receive(
  exchange: Exchange,
  ids: Parameters<ArtifactBackend['receiveRequest']>[0],
  { form, sender, termsOf }: TakeInParameters,
  { catalog, backend, slots, clock, limitBytes }: TakeInDependencies,
): Promise<Record<'program' | 'stdin', ArtifactRecord> & { terms: Terms }> {
  const announcedBytes = announcedBytesOf(exchange);
  const most = requestBodyLimit(limitBytes);
  if (announcedBytes !== undefined && announcedBytes > most)
    throw new FailureError(fail('BODY_TOO_LARGE', { limitBytes: most }));
  const claims = { owner: sender, private: true, expiresAt: clock.now() };
  return whileMoving(exchange, { clock, artifactId: ids.stdin }, async (signal) => {
    const giveBack = await slots.acquire(sender, signal);
    exchange.expectMuch();
    let terms: Terms | undefined;
    const check = async (received: ReceivedRequest) => {
      terms = await termsOf(received);
    };
    let stdin: ArtifactRecord | undefined;
    // Both are recorded by the rules of uploads, one within the other: the body is one.
    const recorded = catalog.upload(
      { ...claims, id: ids.program, kind: 'program', ofRequest: true },
      {
        announcedBytes: undefined,
        measure: neverSpent,
        async receive() {
          const both = backend.receiveRequest(ids, exchange.body, { form, limitBytes, announcedBytes, check }, signal);
          stdin = (await catalog.upload(
            { ...claims, id: ids.stdin, kind: 'stdin' },
            {
              announcedBytes: announcedBytes && Math.ceil(announcedBytes / 4),
              measure: neverSpent,
              receive: async () => (await both).stdin,
            },
          )) as ArtifactRecord;
          return (await both).program;
        },
      },
    );
    const program = (await recorded.finally(giveBack)) as ArtifactRecord;
    if (stdin === undefined || terms === undefined) throw new Error('the program came without its input');
    return { program, stdin, terms };
  });
}

const neverSpent = () => Promise.reject(new Error('a new id is never spent'));
