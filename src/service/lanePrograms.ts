// Sets programs up on lanes and frees them, at an operator's word. Nothing of it is kept over a restart, for the engines are not either: what is on
// disk is the audit, and the lane begins when it is.
import type { ArtifactBackend } from '../artifacts/port.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { LaneId, Sha256, VkHash } from '../ids.js';
import type { ProgramOrder, Scheduling } from '../lanes/scheduling.js';
import type { Orders } from '../operations/orders.js';
import { fileOfProgram } from '../requests/effects/requestArtifacts.js';
import type { Act, ProgramRecord } from '../store/buckets.js';

export interface LanePrograms {
  /** The audit is on disk when it resolves, and the lane is at it. Fails with LANE_NOT_READY when it has got other work meanwhile. */
  setUp(lane: LaneId, program: ProgramRecord, act: Act): Promise<void>;
  /** As `setUp`. */
  forget(
    lane: LaneId,
    program: { readonly vkHash: VkHash | undefined; readonly sha256: Sha256 },
    act: Act,
  ): Promise<void>;
}

export function createLanePrograms({
  scheduling,
  artifacts,
  orders,
}: {
  readonly scheduling: Pick<Scheduling, 'prepareLane' | 'laneReports'>;
  readonly artifacts: Pick<ArtifactBackend, 'localFile'>;
  readonly orders: Pick<Orders, 'note'>;
}): LanePrograms {
  /** The lane is taken first: a job that comes while the audit is written must not get in between. */
  async function prepare(
    lane: LaneId,
    act: Act,
    orderOf: (noted: ProgramOrder['noted']) => ProgramOrder,
  ): Promise<void> {
    let writing: Promise<void> | undefined;
    const noted = () => {
      writing ??= orders.note(act);
      return writing;
    };
    if (!scheduling.prepareLane(lane, orderOf(noted))) {
      const state = scheduling.laneReports().find(({ id }) => id === lane)?.state ?? 'gone';
      throw new FailureError(fail('LANE_NOT_READY', { lane, state }));
    }
    await noted();
  }

  return {
    setUp: (lane, program, act) =>
      prepare(lane, act, (noted) => ({
        what: 'set-up',
        vkHash: program.vkHash,
        program: program.sha256,
        vk: program.vk,
        load: (signal) => artifacts.localFile(...fileOfProgram(program), signal),
        noted,
      })),
    forget: (lane, { vkHash, sha256 }, act) =>
      prepare(lane, act, (noted) => ({ what: 'forget', vkHash, program: sha256, noted })),
  };
}
