// What becomes of a lane's engine when a call to it has ended.
import type { Clock } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import { fail } from '../failures/fail.js';
import { failed, type Outcome } from '../failures/outcome.js';
import type { LaneId } from '../ids.js';
import type { WorkEnd } from '../machines/lane/machine.js';
import type { LaneEngine } from './laneEngine.js';

export interface CallEnd<T> {
  readonly outcome: Outcome<T>;
  readonly laneId: LaneId;
  readonly engine: Pick<LaneEngine, 'causeOf'>;
  /** On which it was made. */
  readonly connection: Pick<Engine, 'connected'>;
  readonly clock: Pick<Clock, 'steady'>;
  /** The engine has said nothing for so long that the call was cut. */
  readonly isSilent: boolean;
  /** Cut because nobody wants its outcome any more, and answered then. */
  readonly isCut: boolean;
}

/** `settle` is told the outcome, with the cause of a loss where there was one. */
export async function endOfCall<T>(call: CallEnd<T>, settle: (outcome: Outcome<T>) => void): Promise<WorkEnd> {
  const { outcome, laneId, engine, connection, clock } = call;
  const lost = (failure: Parameters<typeof failed>[0]): WorkEnd => ({
    engine: 'lost',
    loss: { failure, at: clock.steady() },
  });
  if (outcome.ok || connection.connected) {
    settle(outcome);
    if (connection.connected) return { engine: 'kept' };
    const detail = 'it closed the connection after its answer';
    return lost(await engine.causeOf(fail('ENGINE_LOST', { laneId, detail, blame: false }), false));
  }
  if (call.isSilent) {
    const failure = fail('ENGINE_LOST', { laneId, detail: 'it has hung', blame: true });
    settle(failed(failure));
    return lost(failure);
  }
  if (call.isCut) return { engine: 'discarded' };
  const blame = outcome.failure.code !== 'ENGINE_LOST' || outcome.failure.blame;
  const failure = await engine.causeOf(outcome.failure, blame);
  settle(failed(failure));
  return lost(failure);
}
