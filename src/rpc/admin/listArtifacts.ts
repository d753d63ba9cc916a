// Artifacts.List: what is stored, of whom, and what still needs it.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Role } from '../../gen/admin/v1/access_pb.js';
import {
  type ArtifactsListRequest,
  ArtifactsListRequestSchema,
  type ArtifactsListResponseSchema,
  type StoredArtifactSchema,
} from '../../gen/admin/v1/artifacts_pb.js';
import { type ArtifactId, parseAddress } from '../../ids.js';
import type { ArtifactRecord } from '../../store/buckets.js';
import { artifactKinds } from '../../storedBytes/storedFile.js';
import type { Caller } from '../connect/caller.js';
import { may } from './access/roles.js';
import type { AdminDependencies } from './dependencies.js';
import { parsed, setOf } from './filter.js';
import { listOf } from './pageToken.js';
import { pagingOf } from './paging.js';
import { moment } from './spans.js';

const mostReferences = 20;

/** Throws NOT_UNDERSTOOD, TOKEN_EXPIRED. */
export const listArtifacts =
  ({ browseArtifacts, tokenKey }: Pick<AdminDependencies, 'browseArtifacts' | 'tokenKey'>) =>
  async (
    request: ArtifactsListRequest,
    { role }: Caller,
  ): Promise<MessageInitShape<typeof ArtifactsListResponseSchema>> => {
    const kinds = setOf('kinds', request.kinds, artifactKinds);
    const owner = parsed('owner', request.owner, parseAddress, 'an address has 40 hex digits');
    const list = create(ArtifactsListRequestSchema, { kinds: request.kinds, owner: request.owner });
    const paging = pagingOf(request.page, listOf(ArtifactsListRequestSchema, list), tokenKey);
    const { rows, scanned, last } = await browseArtifacts.page({
      before: paging.place as ArtifactId | undefined,
      matches: (record) => (kinds?.has(record.kind) ?? true) && (owner === undefined || record.owner === owner),
      limit: paging.limit,
    });
    // A proof's id is the right to download it.
    const shows = (kind: ArtifactRecord['kind']) => kind !== 'proof' || may(role, Role.OPERATE);
    return {
      rows: rows.map(({ id, record }) => rowOf(shows(record.kind) ? id : '', record)),
      page: paging.page(last, scanned),
    };
  };

const rowOf = (id: string, record: ArtifactRecord): MessageInitShape<typeof StoredArtifactSchema> => ({
  id,
  kind: record.kind,
  owner: record.owner,
  isPrivate: record.private,
  sha256: record.sha256,
  sizeBytes: BigInt(record.sizeBytes),
  stored: moment(record.storedAt),
  references: record.references.slice(0, mostReferences),
  isSpent: record.spent === true,
});
