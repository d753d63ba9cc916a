// Sets of collateral in the user's cache folder, one a platform: verified when they were put there, and replaced whole.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../../random.js';
import { textOfBytes, toHex } from '../../verify/bytes.js';
import { mostCollateralBytes } from '../../verify/collateral/parseCollateral.js';
import { readBounded } from '../readBounded.js';
import { type CollateralWindow, collateralWindow } from './collateralWindow.js';
import type { Platform } from './platformOf.js';

export interface CachedCollateral {
  readonly text: string;
  readonly window: CollateralWindow;
}

export interface CollateralCache {
  /** Undefined where there is none that can be read. */
  find(platform: Platform): CachedCollateral | undefined;
  /** A cache that cannot be written is none: the set is used all the same. */
  put(platform: Platform, text: string): void;
}

/** `root`: sets of a development root are never taken for Intel's. */
export function createCollateralCache(folder: string, root: string, random: Random): CollateralCache {
  const pathOf = ({ fmspc, ca }: Platform) => join(folder, `${fmspc}-${ca}-${root.slice(0, 16)}.json`);
  return {
    find(platform) {
      try {
        const text = textOfBytes(readBounded(pathOf(platform), mostCollateralBytes) ?? new Uint8Array());
        return text ? { text, window: collateralWindow(text) } : undefined;
      } catch {
        // Not there, or damaged: it is fetched anew.
        return undefined;
      }
    },
    put(platform, text) {
      const scratch = join(folder, `.${toHex(random.bytes(16))}`);
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(scratch, text, { mode: 0o600 });
        renameSync(scratch, pathOf(platform));
      } catch {
        // Full, read-only, not ours: fetched again the next time.
        rmSync(scratch, { force: true });
      }
    },
  };
}
