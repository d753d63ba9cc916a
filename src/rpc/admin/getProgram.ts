// Programs.Get: all that is known of one program, and what has to do with it now.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ProgramsGetRequest, ProgramsGetResponseSchema } from '../../gen/admin/v1/programs_pb.js';
import { needsProgram } from '../../machines/request/view.js';
import type { AdminDependencies } from './dependencies.js';
import { registrationOf } from './listPrograms.js';
import { programNamed } from './programNamed.js';
import { span } from './spans.js';

const mostRequests = 20;

export type GetProgramDependencies = Pick<AdminDependencies, 'browse' | 'browsePrograms' | 'scheduling' | 'usual'>;

/** Throws NOT_UNDERSTOOD, PROGRAM_UNKNOWN, AMBIGUOUS_ID. */
export const getProgram =
  (dependencies: GetProgramDependencies) =>
  async (request: ProgramsGetRequest): Promise<MessageInitShape<typeof ProgramsGetResponseSchema>> => {
    const { browse, scheduling, usual } = dependencies;
    const { vkHash, registrations } = await programNamed(request.vkHash, dependencies);
    const digests = new Set(registrations.map(({ sha256 }) => sha256));
    const open = await browse.open((view) => needsProgram(view, vkHash), Number.POSITIVE_INFINITY);
    return {
      program: {
        vkHash,
        vk: registrations[0].vk,
        registrations: registrations.map(registrationOf),
        laneIds: scheduling
          .laneReports()
          .filter(({ programs }) => programs.some((sha256) => digests.has(sha256)))
          .map(({ id }) => id),
        openRequests: open.length,
        requestIds: open.slice(0, mostRequests),
        usual: [...usual.ofProgram(vkHash)].map(({ stage, mode, ms, samples }) => ({
          stage,
          mode,
          usual: span(ms),
          samples,
        })),
      },
    };
  };
