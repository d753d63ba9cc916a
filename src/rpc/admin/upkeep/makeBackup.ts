// Upkeep.Backup: a copy of the service's data, made while it serves.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { UpkeepBackupRequest, UpkeepBackupResponseSchema } from '../../../gen/admin/v1/upkeep_pb.js';
import type { AdminDependencies } from '../dependencies.js';

/** Throws FOLDER_UNUSABLE. */
export const makeBackup =
  ({ upkeep }: Pick<AdminDependencies, 'upkeep'>) =>
  async ({ folder, withInputs }: UpkeepBackupRequest): Promise<MessageInitShape<typeof UpkeepBackupResponseSchema>> => {
    const { sizeBytes, ...report } = await upkeep.backup({ folder, withInputs });
    return { ...report, sizeBytes: BigInt(sizeBytes) };
  };
