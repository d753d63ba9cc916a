// A report in the head of an answer: all that a server with a proxy of others before it can show.
import { bytesOfText, toHex } from '../../verify/bytes.js';
import { refuse } from '../../verify/failure.js';
import { type Asking, askTarget } from './askTarget.js';
import type { Kept } from './kept.js';

/** REPORT_MISSING, HEADER_DUPLICATE, HEADER_TOO_LARGE; rejects as `askTarget` does. */
export async function fetchHeader(asking: Asking, nonce: Uint8Array): Promise<Kept> {
  const headers = { 'attestation-nonce': toHex(nonce) };
  const got = await askTarget(asking, '/', { method: 'HEAD', headers });
  const report = only(got?.rawHeaders ?? [], 'attestation-report');
  if (report === undefined || report === '')
    return refuse('REPORT_MISSING', `${asking.url.origin} shows neither evidence nor a report.`);
  const binding = only(got?.rawHeaders ?? [], 'attestation-binding');
  return new Map([
    ['report.txt', bytesOfText(report)],
    ...(binding === undefined ? [] : [['binding.txt', bytesOfText(binding)] as const]),
  ]);
}

function only(rawHeaders: readonly string[], name: string): string | undefined {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
  if (values.length > 1) refuse('HEADER_DUPLICATE', `The header ${name} is there ${values.length} times.`);
  return values[0];
}
