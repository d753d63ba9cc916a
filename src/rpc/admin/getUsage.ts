// Artifacts.Usage: how much room stored bytes take, by kind and by owner, and how much there is left.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ArtifactsUsageResponseSchema } from '../../gen/admin/v1/artifacts_pb.js';
import type { AdminDependencies } from './dependencies.js';

const mostOwners = 50;

export const getUsage =
  ({ browseArtifacts, disk }: Pick<AdminDependencies, 'browseArtifacts' | 'disk'>) =>
  async (): Promise<MessageInitShape<typeof ArtifactsUsageResponseSchema>> => {
    const { kinds, owners, spent, scratch, reserved } = await browseArtifacts.usage();
    return {
      kinds: [...kinds].map(([kind, { count, files, bytes }]) => ({ kind, count, files, sizeBytes: BigInt(bytes) })),
      owners: owners
        .slice(0, mostOwners)
        .map(({ owner, count, bytes }) => ({ owner, count, sizeBytes: BigInt(bytes) })),
      ownersTotal: owners.length,
      spent,
      scratch: { files: scratch.files, sizeBytes: BigInt(scratch.bytes) },
      freeBytes: BigInt((await disk()).freeBytes),
      reservedBytes: BigInt(reserved.bytes),
      reservedLimitBytes: BigInt(reserved.limitBytes),
    };
  };
