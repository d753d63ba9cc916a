// What a person should look at, however many requests there are: what does not pass by itself.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { stages } from '../../engines/jobs.js';
import type { NeedsYouSchema } from '../../gen/admin/v1/service_pb.js';
import type { RequestId } from '../../ids.js';
import { inTurns } from '../../inTurns.js';
import type { NeedCode } from '../../machines/reasons/need.js';
import type { RequestView } from '../../machines/request/view.js';
import { canSignerRetry } from '../../machines/signer/view.js';
import type { Applicant } from '../../requests/admission.js';
import type { Look } from '../../requests/why/why.js';
import { Tally } from '../../tally.js';
import type { AdminDependencies } from './dependencies.js';
import { reasonOf } from './reasonOf.js';

export type NeedsYou = MessageInitShape<typeof NeedsYouSchema> & { readonly reason: NeedCode };

export type NeedsYouDependencies = Pick<
  AdminDependencies,
  | 'setAside'
  | 'held'
  | 'admission'
  | 'scheduling'
  | 'registry'
  | 'why'
  | 'usual'
  | 'clock'
  | 'orders'
  | 'network'
  | 'signers'
>;

/** Less than this part of the disk is free. */
const leastFreeShare = 0.1;
/** A pause may have been forgotten after so long (ms). */
const longPauseMs = 3_600_000;
/** A deadline that is nearer than so many times what the proof usually takes will hardly be met from a line. */
const deadlineTimes = 2;

/** So many of them are told. */
const mostTold = 20;

export interface Needs {
  readonly total: number;
  readonly byReason: Tally<NeedCode>;
  /** What is about many requests comes first, and of those in a line whose deadline is near the nearest. */
  readonly first: readonly NeedsYou[];
}

export async function needsYou(
  dependencies: NeedsYouDependencies,
  disk: { readonly freeBytes: number; readonly sizeBytes: number },
): Promise<Needs> {
  const { setAside, held, scheduling, registry, why, clock } = dependencies;
  const byReason = new Tally<NeedCode>();
  const first: NeedsYou[] = [];
  let total = 0;
  /** Of thousands no sentence is made. */
  const note = (reason: NeedCode, tell: () => NeedsYou) => {
    total += 1;
    byReason.add(reason);
    if (first.length < mostTold) first.push(tell());
  };
  const look = why();
  const noteIf = (wanted: 'QUARANTINED' | 'HELD' | 'SILENT', command: string) => (requestId: RequestId) => {
    const view = registry.view(requestId);
    const [reason] = view === undefined ? [] : look.reasonsOf(view);
    if (reason?.code !== wanted) return;
    note(wanted, () => {
      const { sentence } = reasonOf(reason);
      return { reason: wanted, sentence, requestId, command: `${command} ${requestId}` };
    });
  };

  for (const need of ofTheService(dependencies, disk)) note(need.reason, () => need);
  await inTurns(setAside.keys(), clock, noteIf('QUARANTINED', 'release'));
  await inTurns(held, clock, noteIf('HELD', 'retry'));
  const ofKeysAndReports = [unregisteredSigner, awaitedRegistration, refusedDeliveries].flatMap((of) =>
    of(dependencies),
  );
  for (const need of ofKeysAndReports) note(need.reason, () => need);
  const running = scheduling.laneReports().flatMap(({ current }) => current?.requestId ?? []);
  await inTurns(running, clock, noteIf('SILENT', 'why'));
  const late = await lateOnes(dependencies);
  const nearest = late.sort((a, b) => a.deadlineAt - b.deadlineAt);
  for (const { requestId } of nearest)
    note('DEADLINE_NEAR', () => ({
      reason: 'DEADLINE_NEAR',
      sentence: 'It waits, and its deadline is nearer than twice the time that its proof usually takes.',
      requestId,
      command: `priority ${requestId} first`,
    }));
  return { total, byReason, first };
}

/** Whether a request is told there, judged by itself: lists are filtered so. `look`: of this call. */
export function needsSomebody(
  { usual, clock }: Pick<NeedsYouDependencies, 'usual' | 'clock'>,
  look: Look,
): (view: RequestView) => boolean {
  return (view) => {
    if (isWaiting(view) && isLate(view, usual, clock)) return true;
    const code = look.codeOf(view);
    return code === 'QUARANTINED' || code === 'HELD' || code === 'SILENT';
  };
}

/** In one of the lines. */
const isWaiting = (view: RequestView) => view.state === 'requested' || ('phase' in view && view.phase === 'waiting');

function isLate(
  view: RequestView,
  usual: NeedsYouDependencies['usual'],
  clock: NeedsYouDependencies['clock'],
): boolean {
  const proving = usual.of(view, 'proving');
  return proving !== undefined && view.deadlineAt - clock.now() < deadlineTimes * proving.ms;
}

type Deadline = Pick<Applicant, 'requestId' | 'deadlineAt'>;

/** Of all lines those whose deadline will hardly be met. */
async function lateOnes({ admission, scheduling, registry, usual, clock }: NeedsYouDependencies): Promise<Deadline[]> {
  const late: Deadline[] = [];
  const longestMs = usual.longestMs('proving');
  if (longestMs === undefined) return late;
  const see = ({ requestId }: Pick<Deadline, 'requestId'>) => {
    const view = registry.view(requestId);
    if (view !== undefined && isLate(view, usual, clock)) late.push({ requestId, deadlineAt: view.deadlineAt });
  };
  await inTurns(admission.applicants(), clock, (each) => {
    // Most of ten thousand are far from it, whatever they are to prove.
    if (each.deadlineAt - clock.now() < deadlineTimes * longestMs) see(each);
  });
  for (const stage of stages) await inTurns(scheduling.line(stage), clock, see);
  return late;
}

function* ofTheService(
  dependencies: NeedsYouDependencies,
  { freeBytes, sizeBytes }: { readonly freeBytes: number; readonly sizeBytes: number },
): Generator<NeedsYou> {
  yield* illLanes(dependencies);
  yield* longPauses(dependencies);
  if (freeBytes < leastFreeShare * sizeBytes)
    yield { reason: 'DISK_LOW', sentence: 'Less than 10 % of the disk under the data folder is free.' };
}

const illLanes = ({ scheduling }: Pick<NeedsYouDependencies, 'scheduling'>): NeedsYou[] =>
  scheduling
    .laneReports()
    .filter(({ state }) => state === 'quarantined')
    .map(({ id, lastFailure }) => ({
      reason: 'LANE_QUARANTINED',
      sentence: `Lane ${id} is in quarantine${lastFailure ? ` after ${lastFailure.code}` : ''}: ${lastFailure?.code === 'PROOF_INVALID' ? 'several proofs in a row did not verify' : 'restarting did not help'}.`,
      laneId: id,
      command: `lane ${id} start`,
    }));

/** As long as the network waits for them. What it says is its own text. */
const refusedDeliveries = ({ network }: Pick<NeedsYouDependencies, 'network'>): NeedsYou[] =>
  (network?.deliveries.refused() ?? []).map(({ networkId, text }) => ({
    reason: 'DELIVERY_REFUSED',
    sentence: `The network refuses this report for good${text === '' ? '' : `: ${text}`}. Its client gets the proof from here, and the network sees the request expire.`,
    deliveryId: networkId,
    command: `delivery ${networkId}`,
  }));

/** So many tries on the way to a registration have failed, one after the other: a minute and a half. */
const manyFaults = 5;

/** The youngest is the one that is to sign next. A restart is no fault: another one is made. */
function unregisteredSigner({ signers }: Pick<NeedsYouDependencies, 'signers'>): NeedsYou[] {
  const youngest = signers?.views()[0];
  const fault = youngest?.lastFault;
  if (signers === undefined || youngest === undefined || !fault || fault.cause === 'restart') return [];
  const key = signers.active();
  if (youngest.state !== 'abandoned' && youngest.faults < manyFaults && 'address' in key) return [];
  const { signerId } = youngest.start;
  return [
    {
      reason: 'SIGNER_UNREGISTERED',
      sentence: `A signing key cannot be registered: ${fault.detail}. ${untilThen(signers)}`,
      signerId,
      command: canSignerRetry(youngest) ? `signer ${signerId} retry-now` : 'signers rotate',
    },
  ];
}

/** Where an operator registers the keys: nothing goes on until they do. */
function awaitedRegistration({ signers }: Pick<NeedsYouDependencies, 'signers'>): NeedsYou[] {
  const signerId = signers?.awaited();
  if (signers === undefined || signerId === undefined) return [];
  return [
    {
      reason: 'REGISTRATION_WAITS',
      sentence: `The registration of a signing key waits for you to send it. ${untilThen(signers)}`,
      signerId,
      command: 'signers registration',
    },
  ];
}

const untilThen = (signers: NonNullable<NeedsYouDependencies['signers']>) =>
  'address' in signers.active() ? 'The present key signs until its own registration ends.' : 'Nothing is signed now.';

const longPauses = ({ orders, clock }: Pick<NeedsYouDependencies, 'orders' | 'clock'>): NeedsYou[] =>
  (['intake', 'dispatch'] as const).flatMap((what) => {
    const pause = orders.of(what);
    if (pause === undefined || clock.now() - pause.at < longPauseMs) return [];
    const sentence = `${what} is paused by ${pause.by} for more than an hour: ${pause.reason}`;
    return [
      {
        reason: 'PAUSED_LONG',
        sentence: `${sentence[0]?.toUpperCase()}${sentence.slice(1)}.`,
        command: `${what} resume`,
      } as const,
    ];
  });
