// What all actions of operators have in common: a reason, a dry run that is the same plan without its effect, an operation id that is done
// once, and an audit in the transaction of the effect.
import { createHash } from 'node:crypto';
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import type { Change, ChangedSchema } from '../../../gen/admin/v1/shared_pb.js';
import type { Sha256 } from '../../../ids.js';
import { printable } from '../../../printable.js';
import { uuidOf } from '../../../random.js';
import type { Act, Operation } from '../../../store/buckets.js';
import type { Caller } from '../../connect/caller.js';
import type { AdminDependencies } from '../dependencies.js';

/** What an action would do. Making it has no effect, and throws what the action is refused with. */
export interface Plan {
  /** Id of a request, name of a lane; empty where it is about the service. */
  readonly target: string;
  /** A sentence each. */
  readonly effects: readonly string[];
  /** Does it, with the audit in the same transaction. Resolves when it is on disk. */
  readonly apply: (act: Act) => Promise<void>;
}

export interface Action<Call, Answer> {
  /** For the audit: `request.cancel`. */
  readonly name: string;
  readonly plan: (call: Call, expectedSeq: number) => Plan | Promise<Plan>;
  /** What is answered besides what was done: how things stand then. */
  readonly answer: (call: Call) => Answer | Promise<Answer>;
}

export type ActingDependencies = Pick<AdminDependencies, 'audit' | 'readiness' | 'random' | 'underWay'>;

const shortestReason = 3;
const longestReason = 200;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Changed = MessageInitShape<typeof ChangedSchema>;
type CallOf<I extends DescMessage> = MessageShape<I> & { readonly change?: Change };

/**
 * The handler of an action. Throws NOT_UNDERSTOOD, STARTING, DRAINING, OPERATION_REUSED, and what the plan or its effect are refused with.
 */
export function acting<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  dependencies: ActingDependencies,
  action: Action<CallOf<I>, MessageInitShape<O>>,
): (call: MessageShape<I>, caller: Caller) => Promise<MessageInitShape<O>> {
  const { audit, readiness, random, underWay } = dependencies;

  async function applied(call: CallOf<I>, change: Change, caller: Caller): Promise<Changed> {
    const { expectedSeq, dryRun, reason } = change;
    const operationId = change.operationId || uuidOf(random);
    const digest = digestOf(method.input, call);
    // One that is being done is waited for: its caller may have lost patience.
    await underWay.get(operationId)?.catch(() => {});
    const earlier = audit.operation(operationId);
    if (earlier !== undefined) return again(earlier, operationId, digest);
    const plan = action.plan(call, expectedSeq);
    const { target, effects, apply } = plan instanceof Promise ? await plan : plan;
    if (dryRun) return { applied: false, effects: [...effects] };
    // While it was planned, another call may have begun the same, or done it.
    if (underWay.has(operationId) || audit.operation(operationId) !== undefined) return applied(call, change, caller);
    const { name: operator, isClaimed } = caller;
    const act = { operator, isClaimed, action: action.name, target, reason, operationId, call: digest, effects };
    const work = apply(act).finally(() => underWay.delete(operationId));
    underWay.set(operationId, work);
    await work;
    const done = audit.operation(operationId);
    if (done === undefined) throw new Error(`${action.name} has left no audit`);
    return again(done, operationId, digest);
  }

  return async (call, caller) => {
    const change = checked((call as CallOf<I>).change);
    const { state } = readiness;
    if (state !== 'serving') throw new FailureError(fail(state === 'starting' ? 'STARTING' : 'DRAINING'));
    const changed = await applied(call as CallOf<I>, change, caller);
    return { ...(await action.answer(call as CallOf<I>)), changed } as MessageInitShape<O>;
  };
}

/** What was done the first time. */
function again(earlier: Operation, operationId: string, call: Sha256): Changed {
  if (earlier.call !== call) throw new FailureError(fail('OPERATION_REUSED', { operationId }));
  return { applied: true, feed: BigInt(earlier.feed), effects: [...earlier.effects] };
}

function checked(change: Change | undefined): Change {
  const refuse = (field: string, problem: string) => new FailureError(fail('NOT_UNDERSTOOD', { field, problem }));
  const reason = change?.reason.trim() ?? '';
  if (change === undefined || reason.length < shortestReason || reason.length > longestReason)
    throw refuse('change.reason', `say why, in ${shortestReason} to ${longestReason} characters`);
  if (printable(reason, longestReason) !== reason)
    throw refuse('change.reason', 'it is one line of printable ASCII, because it is shown wherever a terminal is');
  const operationId = change.operationId.toLowerCase();
  if (operationId !== '' && !uuid.test(operationId)) throw refuse('change.operation_id', 'it is a UUID');
  return { ...change, reason, operationId };
}

/** Of the action and what it is about, without how it is asked for: a script may word its reason anew. */
function digestOf<I extends DescMessage>(schema: I, call: CallOf<I>): Sha256 {
  const { change: _, ...rest } = call;
  const bytes = toBinary(schema, create(schema, rest as unknown as MessageInitShape<I>));
  return createHash('sha256').update(schema.typeName).update(bytes).digest('hex') as Sha256;
}
