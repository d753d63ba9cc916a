// The door of the TCP listener: the right name of ours, a credential of the operators' list, a role that is enough, no page of somebody else,
// and so many calls at a time. In this order: a stranger learns nothing but that they are one.
import type { Clock, SteadyMs } from '../../../clock.js';
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import type { Role } from '../../../gen/admin/v1/access_pb.js';
import type { Shown } from '../../connect/caller.js';
import type { Door } from './door.js';
import type { Operator, Operators } from './operators.js';
import { may, nameOf } from './roles.js';

/** A page asks for a handful at once, and then follows the feed. Wrong if people are refused who only look. */
const callsPerSecond = 20;
const streamsEach = 8;

export interface ListDoorParameters {
  readonly operators: Pick<Operators, 'find' | 'onReplace'>;
  /** Whether this `host[:port]` is a name of the listener. */
  readonly isOwnHost: (authority: string) => boolean;
  readonly clock: Pick<Clock, 'steady'>;
}

interface Held {
  readonly name: string;
  readonly shown: Shown;
  readonly needed: Role;
  readonly ended: AbortController;
}

export function createListDoor({ operators, isOwnHost, clock }: ListDoorParameters): Door {
  const left = new Map<string, { calls: number; at: SteadyMs }>();
  const held = new Set<Held>();
  operators.onReplace(() => {
    left.clear();
    for (const { shown, needed, ended } of held) {
      const operator = operators.find(shown);
      if (operator === undefined || !may(operator.role, needed)) ended.abort();
    }
  });

  function lookIn({ headers }: Shown): void {
    const authority = headers[':authority'] ?? headers.host;
    if (typeof authority !== 'string' || !isOwnHost(authority)) throw new FailureError(fail('HOST_UNKNOWN'));
  }

  function admitted(shown: Shown, needed: Role): Operator {
    lookIn(shown);
    const operator = operators.find(shown);
    if (operator === undefined) throw new FailureError(fail('OPERATOR_UNKNOWN'));
    const { role, name } = operator;
    if (!may(role, needed)) throw new FailureError(fail('NOT_ALLOWED', { needed: nameOf(needed), role: nameOf(role) }));
    const site = shown.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin') throw new FailureError(fail('CROSS_SITE'));
    if (!takes(name)) throw new FailureError(fail('CALLS_TOO_MANY', { limit: callsPerSecond }));
    return operator;
  }

  /** False when this operator has had all calls of the last second. */
  function takes(name: string): boolean {
    const now = clock.steady();
    const { calls, at } = left.get(name) ?? { calls: callsPerSecond, at: now };
    const grown = Math.min(callsPerSecond, calls + ((now - at) * callsPerSecond) / 1_000);
    if (grown < 1) return false;
    left.set(name, { calls: grown - 1, at: now });
    return true;
  }

  return {
    admit(shown, needed) {
      const { name, role } = admitted(shown, needed);
      return { name, role, isClaimed: false };
    },
    lookIn,
    async *follow(shown, needed, gone, follow) {
      const { name } = admitted(shown, needed);
      if ([...held].filter((each) => each.name === name).length >= streamsEach)
        throw new FailureError(fail('WATCHERS_FULL', { limit: streamsEach }));
      const own: Held = { name, shown, needed, ended: new AbortController() };
      held.add(own);
      try {
        yield* follow(AbortSignal.any([gone, own.ended.signal]));
      } finally {
        held.delete(own);
      }
      if (own.ended.signal.aborted) throw new FailureError(fail('OPERATOR_UNKNOWN'));
    },
  };
}
