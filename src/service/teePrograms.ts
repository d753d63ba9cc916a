// For which programs mode tee signs: those of a list of the operator, or all.
import type { Clock } from '../clock.js';
import { watchFile } from '../config/watchedFile.js';
import { parseVkHash, type VkHash } from '../ids.js';
import type { Log } from '../log.js';
import { parseLines } from '../rpc/access/lines.js';

export interface TeePrograms {
  isSignedFor(vkHash: VkHash): boolean;
  close(): void;
}

const form = 'a vk hash (0x and 64 hex digits)';
/** 67 bytes a line: below what a watched file may have. */
const most = 50_000;

/** `path`: a 0x vk hash a line, # begins a comment. Read again when it changes. Throws a WatchedFileError. */
export function openTeePrograms(
  path: string | undefined,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): TeePrograms {
  if (path === undefined) return { isSignedFor: () => true, close() {} };
  let listed: ReadonlySet<VkHash> = new Set();
  const parse = (entry: string) => (entry.startsWith('0x') ? parseVkHash(entry) : undefined);
  const file = watchFile({
    path,
    what: 'The list of programs',
    take(text) {
      listed = new Set(parseLines(text, { parse, form, most }));
    },
    clock,
    log,
  });
  return { isSignedFor: (vkHash) => listed.has(vkHash), close: () => file.close() };
}
