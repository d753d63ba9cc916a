// Programs.List: what clients have registered.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type ProgramsListRequest,
  ProgramsListRequestSchema,
  type ProgramsListResponseSchema,
  type RegistrationSchema,
} from '../../gen/admin/v1/programs_pb.js';
import { type Address, parseAddress, type VkHash } from '../../ids.js';
import type { ProgramPlace } from '../../programs/browse.js';
import type { ProgramRecord } from '../../store/buckets.js';
import type { AdminDependencies } from './dependencies.js';
import { parsed } from './filter.js';
import { listOf } from './pageToken.js';
import { pagingOf } from './paging.js';
import { moment } from './spans.js';

/** Throws NOT_UNDERSTOOD, TOKEN_EXPIRED. */
export const listPrograms =
  ({ browsePrograms, tokenKey }: Pick<AdminDependencies, 'browsePrograms' | 'tokenKey'>) =>
  async (request: ProgramsListRequest): Promise<MessageInitShape<typeof ProgramsListResponseSchema>> => {
    const owner = parsed('owner', request.owner, parseAddress, 'an address has 40 hex digits');
    const list = create(ProgramsListRequestSchema, { owner: request.owner });
    const paging = pagingOf(request.page, listOf(ProgramsListRequestSchema, list), tokenKey);
    const { rows, scanned, last } = await browsePrograms.page({
      after: paging.place === undefined ? undefined : placeOf(paging.place),
      matches: (program) => owner === undefined || program.owner === owner,
      limit: paging.limit,
    });
    return { rows: rows.map(registrationOf), page: paging.page(last?.slice(1).join(''), scanned) };
  };

const hashDigits = 64;

/** One with an address behind its hash is not confirmed. */
function placeOf(hex: string): ProgramPlace {
  const [vkHash, owner] = [hex.slice(0, hashDigits) as VkHash, hex.slice(hashDigits) as Address];
  return owner === '' ? ['programs', vkHash] : ['programCandidates', vkHash, owner];
}

export const registrationOf = (program: ProgramRecord): MessageInitShape<typeof RegistrationSchema> => ({
  vkHash: program.vkHash,
  owner: program.owner,
  registered: moment(program.createdAt),
  isConfirmed: program.confirmed === true,
  sha256: program.sha256,
  sizeBytes: BigInt(program.sizeBytes),
});
