// What a target has sent, byte for byte, by the names under which it is saved.

/**
 * `evidence.json`; or `evidences/sha256sum.txt`, `evidences/quote.json` and what is listed; or `report.txt` and `binding.txt` for the two
 * headers. `info.json` beside each of them.
 */
export type Kept = ReadonlyMap<string, Uint8Array>;

export const filesFolder = 'evidences/';
