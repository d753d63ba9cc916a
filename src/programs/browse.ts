// Registered programs as operators look at them: by pages, and one by some of the digits of its hash. Only what is on disk is shown.
import { boundedLook } from '../boundedLook.js';
import type { Clock } from '../clock.js';
import type { Address, VkHash } from '../ids.js';
import type { ProgramRecord } from '../store/buckets.js';
import type { Store } from '../store/environment.js';

/** Confirmed ones come first, by hash, then those that count for their owners, by hash and owner. */
export type ProgramPlace = readonly ['programs', VkHash] | readonly ['programCandidates', VkHash, Address];

export interface BrowsePrograms {
  page(sought: {
    /** Goes on behind this one. */
    readonly after: ProgramPlace | undefined;
    readonly matches: (program: ProgramRecord) => boolean;
    readonly limit: number;
  }): Promise<{
    readonly rows: readonly ProgramRecord[];
    readonly scanned: number;
    /** The last one that was looked at. Undefined: there is nothing behind it. */
    readonly last: ProgramPlace | undefined;
  }>;
  /** All that is registered by this hash, the confirmed one first: at most `limit` others. */
  registrations(vkHash: VkHash, limit: number): Promise<readonly ProgramRecord[]>;
  /** Those whose hash begins with 8 or more digits or ends with 6 or more, at most `limit`. */
  byDigits(digits: string, limit: number): Promise<VkHash[]>;
}

const beginningDigits = 8;
const endingDigits = 6;

type Entry =
  | { readonly key: readonly ['programs', VkHash]; readonly value: ProgramRecord }
  | { readonly key: readonly ['programCandidates', VkHash, Address]; readonly value: ProgramRecord };

export function createBrowsePrograms({
  store,
  clock,
}: {
  readonly store: Pick<Store, 'get' | 'scan' | 'settled'>;
  readonly clock: Pick<Clock, 'turn' | 'steady'>;
}): BrowsePrograms {
  function* scan(after: ProgramPlace | undefined, limit: number): Generator<Entry> {
    let left = limit;
    if (after?.[0] !== 'programCandidates') {
      const behind: [VkHash] | undefined = after && [after[1]];
      for (const { key, value } of [...store.scan('programs', [], { limit, after: behind })]) {
        left -= 1;
        yield { key: ['programs', ...key], value };
      }
    }
    if (left === 0) return;
    const behind: [VkHash, Address] | undefined = after?.[0] === 'programCandidates' ? [after[1], after[2]] : undefined;
    for (const { key, value } of [...store.scan('programCandidates', [], { limit: left, after: behind })])
      yield { key: ['programCandidates', ...key], value };
  }

  function beginningWith(digits: string, limit: number): VkHash[] {
    const found = new Set<VkHash>();
    const after = digits as VkHash;
    for (const { key } of store.scan('programs', [], { after: [after], limit }))
      if (key[0].startsWith(digits)) found.add(key[0]);
    for (const { key } of store.scan('programCandidates', [], { after: [after, '' as Address], limit }))
      if (key[0].startsWith(digits)) found.add(key[0]);
    return [...found];
  }

  return {
    async page({ after, matches, limit }) {
      const rows: ProgramRecord[] = [];
      const { scanned, last } = await boundedLook({ scan, clock }, after, ({ value }) => {
        if (matches(value)) rows.push(value);
        return rows.length >= limit;
      });
      await store.settled();
      return { rows, scanned, last };
    },

    async registrations(vkHash, limit) {
      const program = store.get('programs', vkHash);
      const candidates = [...store.scan('programCandidates', [vkHash], { limit })].map(({ value }) => value);
      await store.settled();
      return [...(program === undefined ? [] : [program]), ...candidates];
    },

    async byDigits(digits, limit) {
      const found = new Set(digits.length >= beginningDigits ? beginningWith(digits, limit) : []);
      if (digits.length >= endingDigits)
        await boundedLook({ scan, clock }, undefined, ({ key: [, vkHash] }) => {
          if (vkHash.endsWith(digits)) found.add(vkHash);
          return found.size >= limit;
        });
      return [...found].slice(0, limit);
    },
  };
}
