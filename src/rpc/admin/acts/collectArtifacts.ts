// Artifacts.Collect: deletes what nothing needs. Unless it is told to, it only says what that is.

import type { ArtifactsCollectRequest } from '../../../gen/admin/v1/artifacts_pb.js';
import { Artifacts } from '../../../gen/admin/v1/artifacts_pb.js';
import type { Caller } from '../../connect/caller.js';
import type { AdminDependencies } from '../dependencies.js';
import { type ActingDependencies, acting } from './acting.js';
import { refuseSeq } from './onService.js';

export type CollectDependencies = ActingDependencies & Pick<AdminDependencies, 'collection'>;

/** Refused while it is being done. */
export const collectArtifacts = (dependencies: CollectDependencies) => {
  const collect = acting(Artifacts.method.collect, dependencies, {
    name: 'artifacts.collect',
    async plan(_, expectedSeq) {
      refuseSeq(expectedSeq);
      const { collection } = dependencies;
      const found = await collection.find();
      const { unreferenced, bytes, orphans } = found;
      return {
        target: '',
        effects: [
          `${unreferenced} artifacts that nothing has needed for an hour are deleted, with ${bytes} bytes.`,
          `${orphans.length} files of which there is no record are deleted. What is needed meanwhile stays.`,
        ],
        apply: (act) => collection.collect(found, act),
      };
    },
    answer: () => ({}),
  });
  return (request: ArtifactsCollectRequest, caller: Caller) =>
    collect(
      request.apply || request.change === undefined
        ? request
        : { ...request, change: { ...request.change, dryRun: true } },
      caller,
    );
};
