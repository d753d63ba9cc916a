// What a person should look at, however many requests there are: what does not pass by itself.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { NeedsYouSchema } from '../../gen/admin/v1/service_pb.js';
import type { RequestId } from '../../ids.js';
import type { NeedCode } from '../../machines/reasons/need.js';
import { canSignerRetry } from '../../machines/signer/view.js';
import type { AdminDependencies } from './dependencies.js';
import type { Line } from './lines.js';
import { reasonOf } from './reasonOf.js';
import { firstReason } from './rowOf.js';

export type NeedsYou = MessageInitShape<typeof NeedsYouSchema> & { readonly reason: NeedCode };

export type NeedsYouDependencies = Pick<
  AdminDependencies,
  'setAside' | 'held' | 'scheduling' | 'registry' | 'why' | 'usual' | 'clock' | 'orders' | 'network' | 'signers'
>;

/** Less than this part of the disk is free. */
const leastFreeShare = 0.1;
/** A pause may have been forgotten after so long (ms). */
const longPauseMs = 3_600_000;
/** A deadline that is nearer than so many times what the proof usually takes will hardly be met from a line. */
const deadlineTimes = 2;

/** What is about many requests comes first: of a long list only the beginning is told. */
export function needsYou(
  dependencies: NeedsYouDependencies,
  lines: readonly Line[],
  disk: { readonly freeBytes: number; readonly sizeBytes: number },
): NeedsYou[] {
  const { setAside, held, scheduling, registry, why, usual, clock } = dependencies;
  const look = why();

  function withReason(
    requestId: RequestId,
    wanted: 'QUARANTINED' | 'HELD' | 'SILENT',
    command: (id: RequestId) => string,
  ): NeedsYou[] {
    const view = registry.view(requestId);
    const reason = view && firstReason(view, look);
    if (reason?.code !== wanted) return [];
    return [{ reason: reason.code, sentence: reasonOf(reason).sentence, requestId, command: command(requestId) }];
  }

  const isLate = (requestId: RequestId): boolean => {
    const view = registry.view(requestId);
    const proving = view && usual.of(view, 'proving');
    return view !== undefined && proving !== undefined && view.deadlineAt - clock.now() < deadlineTimes * proving.ms;
  };
  const late = lines.flatMap(({ waiting }) => waiting.filter(({ requestId }) => isLate(requestId)));
  const running = scheduling.laneReports().flatMap(({ current }) => current ?? []);
  return [
    ...illLanes(dependencies),
    ...longPauses(dependencies),
    ...(disk.freeBytes < leastFreeShare * disk.sizeBytes
      ? [{ reason: 'DISK_LOW', sentence: 'Less than 10 % of the disk under the data folder is free.' } as const]
      : []),
    ...[...setAside.keys()].flatMap((id) => withReason(id, 'QUARANTINED', (requestId) => `release ${requestId}`)),
    ...[...held].flatMap((id) => withReason(id, 'HELD', (requestId) => `retry ${requestId}`)),
    ...unregisteredSigner(dependencies),
    ...awaitedRegistration(dependencies),
    ...refusedDeliveries(dependencies),
    ...running.flatMap(({ requestId }) => withReason(requestId, 'SILENT', whyOf)),
    ...late.map(({ requestId }) => ({
      reason: 'DEADLINE_NEAR' as const,
      sentence: 'It waits, and its deadline is nearer than twice the time that its proof usually takes.',
      requestId,
      command: `priority ${requestId} first`,
    })),
  ];
}

const whyOf = (requestId: RequestId) => `why ${requestId}`;

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
