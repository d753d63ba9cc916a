// What a backup says of itself, in `manifest.json`: what it holds, with the digest of every file.
import { readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { z } from 'zod';
import { schemaVersion } from '../../store/buckets.js';

export const manifestName = 'manifest.json';
export const storeFile = 'store/data.mdb';

/** A million files are 150 MB of it. */
const mostBytes = 512 * 1024 * 1024;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const sizeBytes = z.number().int().nonnegative();
/** Below the backup's folder, and nowhere else. */
const path = z
  .string()
  .regex(/^(store\/data\.mdb|artifacts\/(program|stdin|proof)\/[0-9a-f]{2}\/[0-9a-f]{64})$/)
  .refine((name) => posix.normalize(name) === name);

const schema = z.object({
  v: z.literal(1),
  schema: z.number().int(),
  /** Of the service that made it. */
  version: z.string().max(100),
  /** Epoch ms. */
  madeAt: z.number(),
  /** The last number of the feed that is surely in it. */
  feed: z.number(),
  withInputs: z.boolean(),
  openRequests: z.number().int(),
  files: z.array(z.object({ path, sizeBytes, sha256 })),
});

export type Manifest = z.infer<typeof schema>;

/** Shown as it is. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** Throws a BackupError for what is no backup, or one of a later release. */
export function readManifest(folder: string): Manifest {
  const name = join(folder, manifestName);
  let parsed: z.ZodSafeParseResult<Manifest>;
  try {
    if (statSync(name).size > mostBytes) throw new Error('too large');
    parsed = schema.safeParse(JSON.parse(readFileSync(name, 'utf8')));
  } catch {
    throw new BackupError(`${folder} is no backup: it has no ${manifestName} that can be read.`);
  }
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new BackupError(
      `${folder} is no backup of this release: its ${manifestName} is wrong at ${issue?.path.join('.')}.`,
    );
  }
  if (parsed.data.schema > schemaVersion)
    throw new BackupError(
      `${folder} was made by a later release (schema ${parsed.data.schema}, this one reads ${schemaVersion}). Restore it with that one.`,
    );
  return parsed.data;
}
