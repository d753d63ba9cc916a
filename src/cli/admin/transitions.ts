// The history of a machine other than a request, as a table.
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Transition } from '../../gen/admin/v1/shared_pb.js';
import { table, wrapped } from './table.js';
import { isoTime, shortTime } from './words.js';

export function transitionTable({
  transitions,
  isComplete,
}: {
  readonly transitions: readonly Transition[];
  readonly isComplete: boolean;
}): string[] {
  const at = (index: number) => {
    const moment = transitions[index]?.at;
    return moment === undefined ? 0 : timestampMs(moment);
  };
  const [head = '', ...lines] = table(
    ['SEQ', 'AT', 'TO', 'ON', 'TRY', 'AFTER', 'LIFE'],
    transitions.map(({ seq, to, on, attempt, life }, index) => [
      String(seq),
      isoTime(at(index)),
      to,
      on,
      attempt === 0 ? '–' : String(attempt),
      index === 0 ? '–' : shortTime(at(index) - at(index - 1)),
      life === 0 ? '–' : String(life),
    ]),
  );
  return [head, ...lines.flatMap((line, index) => [line, ...operatorIn(transitions[index])])].concat(
    isComplete ? [] : ['There are more.'],
  );
}

/** Below its line: a reason needs more room than a column has. */
const operatorIn = (transition: Transition | undefined): string[] =>
  !transition?.by ? [] : wrapped(`by ${transition.by}: ${transition.reason}`, '     ');
