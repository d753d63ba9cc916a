// A set of evidence files on the disk, for an audit of the machine and for the next start: written whole, and renamed into its place.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../verify/bytes.js';
import {
  type EvidenceParts,
  type EvidenceSet,
  listedFiles,
  manifestName,
  manifestOf,
  quoteName,
  reportDataOf,
} from './evidenceSet.js';

const mostFiles = 8;

export async function writeEvidence(folder: string, { files }: EvidenceSet): Promise<void> {
  const [unfinished, old] = [`${folder}.new`, `${folder}.old`];
  for (const left of [unfinished, old]) await rm(left, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(unfinished, name), bytes);
  // A folder with files in it is replaced by no rename.
  await rename(folder, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(unfinished, folder);
  await rm(old, { recursive: true, force: true });
}

/** The set of the last start, when it is of these very parts; undefined otherwise. */
export async function readEvidence(folder: string, parts: EvidenceParts): Promise<EvidenceSet | undefined> {
  try {
    const wanted = manifestOf(listedFiles(parts));
    const names = await readdir(folder);
    if (names.length > mostFiles) return undefined;
    const files = new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
    );
    const quote = JSON.parse(files.get(quoteName)?.toString() ?? '') as { report_data?: unknown };
    const isOurs = files.get(manifestName)?.equals(wanted) && quote.report_data === toHex(reportDataOf(wanted));
    const listed = listedFiles(parts);
    const isWhole = isOurs && [...listed].every(([name, bytes]) => files.get(name)?.equals(bytes));
    return isWhole && files.size === listed.size + 2 ? { certificate: parts.certificate, files } : undefined;
  } catch {
    // It is not there, or not whole: a new one is made.
    return undefined;
  }
}
