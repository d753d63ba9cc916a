// The files of dstack-ingress from a target: the quote's answer, the list, and all that is listed.
import { refuse } from '../../verify/failure.js';
import { mostEvidenceBytes } from '../../verify/report/parseEvidence.js';
import { type Asking, askTarget } from './askTarget.js';
import { filesFolder, type Kept } from './kept.js';
import { parseManifest } from './manifest.js';

const mostListedBytes = 262_144;

/** Undefined when the target has none. EVIDENCE_MALFORMED, EVIDENCE_FILE_WRONG; rejects as `askTarget` does. */
export async function fetchFiles(asking: Asking): Promise<Kept | undefined> {
  const kept = new Map<string, Uint8Array>();
  const quote = await askTarget(asking, `/${filesFolder}quote.json`);
  if (quote === undefined) return undefined;
  kept.set(`${filesFolder}quote.json`, quote.body);
  let left = mostEvidenceBytes - quote.body.byteLength;
  const fetch = async (name: string) => {
    const found = await askTarget(asking, `/${filesFolder}${name}`, { mostBytes: Math.min(left, mostListedBytes) });
    if (found === undefined) return refuse('EVIDENCE_FILE_WRONG', `The target shows quote.json, and no ${name}.`);
    left -= found.body.byteLength;
    kept.set(`${filesFolder}${name}`, found.body);
    return found.body;
  };
  for (const { name } of parseManifest(await fetch('sha256sum.txt'))) await fetch(name);
  return kept;
}
