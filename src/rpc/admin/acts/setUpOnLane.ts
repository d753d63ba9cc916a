// Lanes.SetUp and Forget: a program that is set up on a lane ahead of its first job, and one that is freed there.
import { mostPrograms } from '../../../engines/traits.js';
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import { Lanes } from '../../../gen/admin/v1/lanes_pb.js';
import type { Sha256, VkHash } from '../../../ids.js';
import type { LaneReport } from '../../../lanes/scheduling.js';
import type { AdminDependencies } from '../dependencies.js';
import { keepsPrograms } from '../laneOf.js';
import { type NamedProgram, programNamed } from '../programNamed.js';
import { acting } from './acting.js';
import { type OnLaneDependencies, onLane } from './onLane.js';
import { nothingToDo } from './onRequest.js';

type OnProgramDependencies = OnLaneDependencies & Pick<AdminDependencies, 'browsePrograms' | 'lanePrograms'>;

/** Refused when it is set up there already, and unless the lane is ready and keeps programs. */
export const setUpOnLane = (dependencies: OnProgramDependencies) =>
  acting(
    Lanes.method.setUp,
    dependencies,
    onLane('set-up', dependencies, async (report, _, call) => {
      const { id, programs, warm } = report;
      assertKeepsPrograms(report);
      const named = await programNamed(call.vkHash, dependencies);
      if (heldOf(report, named) !== undefined) throw nothingToDo('lane set-up', 'set up there already');
      const program = theOneOf(named);
      assertReady(report);
      const full = programs.length < mostPrograms ? '' : ' The one that was not used for longest is freed for it.';
      return {
        effects: [
          `Program ${named.vkHash} is set up on lane ${id}${warm ? '' : ', when its prover is loaded'}. The lane is given no job meanwhile, for seconds to minutes.${full}`,
          'Its first job there begins without that. It is gone with the engine, also when the service is started again.',
        ],
        apply: (act) => dependencies.lanePrograms.setUp(id, program, act),
      };
    }),
  );

/** Refused when it is not set up there, and unless the lane is ready and keeps programs. */
export const forgetOnLane = (dependencies: OnProgramDependencies) =>
  acting(
    Lanes.method.forget,
    dependencies,
    onLane('forget', dependencies, async (report, _, call) => {
      assertKeepsPrograms(report);
      const { vkHash, sha256 } = await programThere(report, call.vkHash, dependencies);
      assertReady(report);
      return {
        effects: [`Program ${vkHash ?? sha256} is freed on lane ${report.id}. Its next job there sets it up again.`],
        apply: (act) => dependencies.lanePrograms.forget(report.id, { vkHash, sha256 }, act),
      };
    }),
  );

async function programThere(
  report: LaneReport,
  text: string,
  dependencies: OnProgramDependencies,
): Promise<{ readonly vkHash: VkHash | undefined; readonly sha256: Sha256 }> {
  const digest = report.programs.find((held) => held === text.toLowerCase());
  if (digest !== undefined) return { vkHash: undefined, sha256: digest };
  const named = await programNamed(text, dependencies);
  const sha256 = heldOf(report, named);
  if (sha256 === undefined) throw nothingToDo('lane forget', 'not set up there');
  return { vkHash: named.vkHash, sha256 };
}

const heldOf = ({ programs }: LaneReport, { registrations }: NamedProgram): Sha256 | undefined =>
  programs.find((held) => registrations.some(({ sha256 }) => sha256 === held));

/** Anyone may register any program under a key: only a lane can tell which one has it. */
function theOneOf({ vkHash, registrations }: NamedProgram) {
  const [first] = registrations;
  const count = new Set(registrations.map(({ sha256 }) => sha256)).size;
  if (!first.confirmed && count > 1) throw new FailureError(fail('PROGRAM_UNCERTAIN', { vkHash, count }));
  return first;
}

function assertKeepsPrograms(report: LaneReport): void {
  if (!keepsPrograms(report)) throw new FailureError(fail('LANE_KEEPS_NONE', { lane: report.id }));
}

function assertReady({ id, state }: LaneReport): void {
  if (state !== 'ready') throw new FailureError(fail('LANE_NOT_READY', { lane: id, state }));
}
