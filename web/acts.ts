// What an operator can do to requests, lanes, deliveries, signing keys and the service, as `sealed-prover admin` can. Only what would not be refused as things stand is offered.
import { type Filter, wireFilter } from './filter.js';
import type {
  ActMethod,
  DeliveryAct,
  DeliveryJson,
  LaneAct,
  LaneJson,
  ProgramJson,
  RequestAct,
  Row,
  SignerJson,
  SignersJson,
  Status,
} from './wire.js';
import { isOpen, localMinute, shortId } from './words.js';

/** What is asked for besides a reason. */
export type Field = {
  /** As the call has it. */
  readonly name: string;
  readonly label: string;
  readonly value: string;
} /** `shown`: what stands for a choice. Absent: itself. */ & (
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly shown?: (choice: string) => string }
  /** A moment by the clock of this machine, and a length of time in minutes. */
  | { readonly kind: 'moment' | 'minutes' | 'check' }
);

export interface Act {
  readonly method: ActMethod;
  /** On its button. */
  readonly name: string;
  /** On the button that does it. */
  readonly does: string;
  /** What it is done to. */
  readonly target: string;
  /** Of the target. */
  readonly id?: string;
  /** The request as it was seen: the service refuses when it has moved since. */
  readonly seq?: number;
  /** It ends or loses something. */
  readonly isLoss?: boolean;
  readonly field?: Field;
  /** Which ones it is done to: it is done when their number has been typed. */
  readonly many?: { readonly filter: object; readonly ids: readonly string[] };
  /** Called when it is done. */
  readonly done?: () => void;
}

const hourMs = 3_600_000;
const priorities = ['first', 'normal', 'last'];

type Seen = Pick<Row, 'id'> & Partial<Pick<Row, 'seq'>>;

const onRequest = ({ id, seq }: Seen, method: RequestAct, name: string, does: string): Act => ({
  method: `Requests/${method}`,
  name,
  does: `${does} the request`,
  target: `request ${shortId(id)}`,
  id,
  ...(seq !== undefined && { seq }),
});

const retry = (seen: Seen) => onRequest(seen, 'Retry', 'Retry it', 'Retry');
const giveUp = (seen: Seen): Act => ({ ...onRequest(seen, 'GiveUp', 'Give it up', 'Give up'), isLoss: true });
const release = (seen: Seen) => onRequest(seen, 'Release', 'Release it', 'Release');
const prioritize = (seen: Seen, present: string): Act => {
  const choices = priorities.filter((each) => each !== present);
  return {
    ...onRequest(seen, 'SetPriority', 'Priority', 'Rank'),
    field: { name: 'priority', label: 'Priority', kind: 'choice', choices, value: choices[0] ?? '' },
  };
};

export function actsOnRequest(row: Row): Act[] {
  if (!isOpen(row)) return [];
  // Nothing else is done to one that was set aside.
  if (row.quarantined) return [release(row)];
  const later = localMinute(Date.parse(row.deadline ?? '') + hourMs);
  return [
    ...(row.phase === 'backingOff' ? [onRequest(row, 'RetryNow', 'Retry it now', 'Retry')] : []),
    ...(row.state === 'held' ? [retry(row), giveUp(row)] : []),
    {
      ...onRequest(row, 'MoveDeadline', 'Deadline', 'Move the deadline of'),
      field: { name: 'deadline', label: 'New deadline', kind: 'moment', value: later },
    },
    prioritize(row, row.priority),
    { ...onRequest(row, 'Cancel', 'Cancel it', 'Cancel'), isLoss: true },
  ];
}

/** The first ends nothing, and is asked for before anybody has chosen. */
const manyActions = [
  'retry-now',
  'retry',
  'release',
  'priority-first',
  'priority-normal',
  'priority-last',
  'give-up',
  'cancel',
];

/** `ids`: those of them only; none means all that fit. */
export const actOnMany = (filter: Filter, ids: readonly string[], done: () => void): Act => ({
  method: 'Requests/ApplyToMany',
  name: ids.length === 0 ? 'Act on all that fit' : 'Act on them',
  does: 'Do it to each of them',
  target: ids.length === 0 ? 'all open requests that fit the filter' : `${ids.length} selected`,
  isLoss: true,
  field: { name: 'action', label: 'Action', kind: 'choice', choices: manyActions, value: manyActions[0] ?? '' },
  // Those that were chosen are meant as they are, whatever they fit by now.
  many: ids.length === 0 ? { filter: wireFilter(filter), ids } : { filter: {}, ids },
  done,
});

const onLane = (id: string, name: LaneAct): Act => ({
  method: `Lanes/${name}`,
  name,
  does: `${name} the lane`,
  target: `lane ${id}`,
  id,
});
const force: Field = {
  name: 'force',
  label: 'Also if it is the last lane for some work (--force)',
  kind: 'check',
  value: '',
};
const able = ['starting', 'ready', 'busy', 'preparing'];

const shownHash = (hash: string): string => `0x${hash.slice(0, 12)}…`;

type SeenProgram = Pick<ProgramJson, 'vkHash' | 'sha256'>;

const onProgram = (id: string, method: 'SetUp' | 'Forget', choices: readonly string[]): Act => ({
  ...onLane(id, method),
  name: method === 'SetUp' ? 'Set up' : 'Forget',
  does: method === 'SetUp' ? 'Set the program up' : 'Free the program',
  field: { name: 'vkHash', label: 'Program', kind: 'choice', choices, value: choices[0] ?? '', shown: shownHash },
});

/** What is set up there may be registered no more: then it goes by its digest. */
function actsOnPrograms({ id, state, keepsPrograms, programs }: SeenLane, known: readonly SeenProgram[]): Act[] {
  if (!keepsPrograms || state !== 'ready') return [];
  const absent = known.filter(({ sha256 }) => !programs.includes(sha256)).map(({ vkHash }) => vkHash);
  const there = programs.map((digest) => known.find(({ sha256 }) => sha256 === digest)?.vkHash ?? digest);
  return [
    ...(absent.length > 0 ? [onProgram(id, 'SetUp', [...new Set(absent)])] : []),
    ...(there.length > 0 ? [onProgram(id, 'Forget', there)] : []),
  ];
}

type SeenLane = Pick<LaneJson, 'id' | 'state' | 'order' | 'keepsPrograms' | 'programs'>;

/** `known`: programs that are registered. */
export function actsOnLane(lane: SeenLane, known: readonly SeenProgram[]): Act[] {
  const { id, state, order } = lane;
  if (order?.what === 'stopped') return [onLane(id, 'Start')];
  return [
    ...(able.includes(state) ? [] : [onLane(id, 'Start')]),
    order === undefined ? { ...onLane(id, 'Drain'), field: force } : onLane(id, 'Resume'),
    { ...onLane(id, 'Restart'), isLoss: true },
    { ...onLane(id, 'Stop'), isLoss: true, field: force },
    ...actsOnPrograms(lane, known),
  ];
}

const onDelivery = ({ id, seq }: DeliveryJson, method: DeliveryAct, name: string, does: string): Act => ({
  method: `Deliveries/${method}`,
  name,
  does: `${does} the delivery`,
  target: `delivery ${shortId(id)}`,
  id,
  seq,
});

/** The service says what it would not refuse. */
export const actsOnDelivery = (delivery: DeliveryJson): Act[] => [
  ...(delivery.actions.includes('try-now') ? [onDelivery(delivery, 'TryNow', 'Try it now', 'Try')] : []),
  ...(delivery.actions.includes('give-up')
    ? [{ ...onDelivery(delivery, 'GiveUp', 'Give it up', 'Give up'), isLoss: true }]
    : []),
];

const rotate: Act = {
  method: 'Signers/Rotate',
  name: 'Rotate',
  does: 'Begin a new key',
  target: 'the signing key',
};
const retrySigner = ({ id, seq }: Pick<SignerJson, 'id'> & Partial<SignerJson>): Act => ({
  method: 'Signers/RetryNow',
  name: 'Retry it now',
  does: 'Retry the key',
  target: `signing key ${shortId(id)}`,
  id,
  ...(seq !== undefined && { seq }),
});

export const actsOnSigners = ({ canRotate }: SignersJson): Act[] => (canRotate ? [rotate] : []);
export const actsOnSigner = (signer: SignerJson): Act[] =>
  signer.actions.includes('retry-now') ? [retrySigner(signer)] : [];

export const drain: Act = {
  method: 'Service/Drain',
  name: 'Stop the service',
  does: 'Stop the service',
  target: 'it ends as by SIGTERM',
  isLoss: true,
};

export const resume = (what: 'intake' | 'dispatch'): Act => ({
  method: what === 'intake' ? 'Queue/ResumeIntake' : 'Queue/ResumeDispatch',
  name: `Resume ${what}`,
  does: `Resume ${what}`,
  target: what,
});

const pause = (what: 'intake' | 'dispatch'): Act => ({
  ...resume(what),
  method: what === 'intake' ? 'Queue/PauseIntake' : 'Queue/PauseDispatch',
  name: `Pause ${what}`,
  does: `Pause ${what}`,
});

/** What is paused is resumed beside the words that say so. */
export const actsOnLine = ({ intake, dispatch }: Pick<Status, 'intake' | 'dispatch'>): Act[] => [
  ...(intake === undefined
    ? [{ ...pause('intake'), field: { name: 'for', label: 'For minutes', kind: 'minutes', value: '30' } as const }]
    : []),
  ...(dispatch === undefined ? [pause('dispatch')] : []),
];

/** What may help where a person is needed. A pause is lifted above. */
export function actsOnNeed({ reason, requestId, laneId, signerId, command }: Status['needsYou'][number]): Act[] {
  const seen = { id: requestId };
  if (reason === 'HELD') return [retry(seen), giveUp(seen)];
  if (reason === 'QUARANTINED') return [release(seen)];
  if (reason === 'DEADLINE_NEAR') return [prioritize(seen, '')];
  // One that does not pause is tried no more: another key is.
  if (reason === 'SIGNER_UNREGISTERED')
    return [command.endsWith(' retry-now') ? retrySigner({ id: signerId }) : rotate];
  return reason === 'LANE_QUARANTINED' ? [onLane(laneId, 'Start')] : [];
}
