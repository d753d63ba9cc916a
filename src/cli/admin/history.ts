// The history of a machine as a table: its transitions, with what its kind has to tell of each.
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Entry } from '../../gen/admin/v1/requests_pb.js';
import type { Transition } from '../../gen/admin/v1/shared_pb.js';
import { type MomentOptions, momentsOf } from './moment.js';
import { table, wrapped } from './table.js';
import { shortTime } from './words.js';

type Step = Pick<Transition, 'seq' | 'at' | 'to' | 'on' | 'life' | 'by' | 'reason'> & Partial<Pick<Entry, 'failure'>>;

/** The heading of the column that its kind fills, and what stands there; empty is none. */
type OwnColumn<S> = readonly [heading: string, of: (step: S) => string];

export const laneColumn: OwnColumn<Entry> = ['LANE', ({ laneId }) => laneId];
export const tryColumn: OwnColumn<Transition> = ['TRY', ({ attempt }) => (attempt === 0 ? '' : String(attempt))];

export function historyTable<S extends Step>(
  steps: readonly S[],
  isComplete: boolean,
  [heading, own]: OwnColumn<S>,
  options: MomentOptions,
): string[] {
  const moment = momentsOf(options);
  const [head = '', ...lines] = table(
    ['SEQ', 'AT', 'TO', 'ON', heading, 'AFTER', 'LIFE'],
    steps.map((step, index) => [
      String(step.seq),
      moment(step.at, 'milliseconds'),
      step.to,
      step.on,
      own(step) || '–',
      sinceBefore(steps, index),
      step.life === 0 ? '–' : String(step.life),
    ]),
  );
  return [
    head,
    ...steps.flatMap((step, index) => [
      ...(isNewLife(steps, index) ? [restart] : []),
      lines[index] ?? '',
      ...below(step),
    ]),
    ...(isComplete ? [] : ['There are more.']),
  ];
}

function sinceBefore(steps: readonly Step[], index: number): string {
  const [before, at] = [steps[index - 1]?.at, steps[index]?.at];
  return before === undefined || at === undefined ? '–' : shortTime(timestampMs(at) - timestampMs(before));
}

const restart = '     ─────────── the service was started anew ───────────';

/** The service was stopped or killed between this step and the one before. */
const isNewLife = (steps: readonly Step[], index: number): boolean => {
  const before = steps[index - 1]?.life ?? 0;
  return before !== 0 && before !== steps[index]?.life;
};

/** Sentences need more room than a column has. */
const below = ({ failure, by, reason }: Step): string[] => [
  ...(failure === undefined ? [] : wrapped(`${failure.code}: ${failure.sentence}`, '     ')),
  ...(by === '' ? [] : wrapped(`by ${by}: ${reason}`, '     ')),
];
