// Programs.Remove: unregisters a program, for all who have registered it.
import { Programs } from '../../../gen/admin/v1/programs_pb.js';
import type { AdminDependencies } from '../dependencies.js';
import { programNamed } from '../programNamed.js';
import { type ActingDependencies, acting } from './acting.js';
import { refuseSeq } from './onService.js';

export type RemoveProgramDependencies = ActingDependencies &
  Pick<AdminDependencies, 'browsePrograms' | 'programRemoval'>;

/** Refused as PROGRAM_IN_USE while an open request names it. */
export const removeProgram = (dependencies: RemoveProgramDependencies) =>
  acting(Programs.method.remove, dependencies, {
    name: 'program.remove',
    async plan(call, expectedSeq) {
      refuseSeq(expectedSeq);
      const { programRemoval } = dependencies;
      const { vkHash, registrations } = await programNamed(call.vkHash, dependencies);
      programRemoval.assertUnused(vkHash);
      const owners = new Set(registrations.map(({ owner }) => owner));
      const whose = owners.size === 1 ? '' : ` and ${owners.size - 1} others`;
      return {
        target: vkHash,
        effects: [
          `Program ${vkHash} is unregistered, which 0x${registrations[0].owner}${whose} had registered. A client that needs it sends it again.`,
          'Its files are deleted when nothing else needs them, an hour after they were stored at the earliest.',
        ],
        apply: (act) => programRemoval.remove(vkHash, act),
      };
    },
    answer: () => ({}),
  });
