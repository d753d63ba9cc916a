// A target in a folder, for a repeat on a machine without a network: what it sent, and what was seen of its connection.
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromHex, textOfBytes } from '../../verify/bytes.js';
import { refuse } from '../../verify/failure.js';
import { at, type Field, onlyOf, optional, rootField, textOf, wholeOf } from '../../verify/json/fields.js';
import { JsonError, parseJson } from '../../verify/json/parseJson.js';
import { mostEvidenceBytes } from '../../verify/report/parseEvidence.js';
import { spkiOf } from '../http/seenConnection.js';
import { readBounded } from '../readBounded.js';
import { filesFolder } from './kept.js';
import type { Shown } from './shown.js';
import type { Seen } from './shownOf.js';
import { shownOf } from './shownOf.js';

const mostTargetBytes = 65_536;
const mostFiles = 40;
const rawNames = ['evidence.json', 'report.txt', 'binding.txt', 'info.json'];

/** `more`: other files of the folder. Throws the system's errors. */
export function writeSaved(
  folder: string,
  { evidence, raw, certificate }: Shown,
  more: ReadonlyMap<string, string>,
): void {
  const { kind, url = '', nonce } = evidence.target;
  const target = JSON.stringify(
    { version: 1, kind, url, nonce: nonce ?? null, certificate: certificate ?? null },
    null,
    2,
  );
  for (const [name, content] of [...raw, ['target.json', target] as const, ...more]) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** A folder that `writeSaved` has written, or one with just the files of dstack-ingress. Throws EVIDENCE_MALFORMED and the system's errors. */
export function readSaved(folder: string): Shown {
  const names = readdirSync(folder);
  const isBare = !names.includes('target.json') && names.includes('sha256sum.txt');
  const raw = new Map<string, Uint8Array>();
  let left = mostEvidenceBytes;
  const keep = (name: string, path: string) => {
    const bytes = readBounded(path, left);
    if (bytes === undefined || raw.size >= mostFiles)
      return refuse('EVIDENCE_MALFORMED', `${folder} holds more than evidence has.`);
    left -= bytes.byteLength;
    raw.set(name, bytes);
  };
  for (const name of rawNames) if (!isBare && names.includes(name)) keep(name, join(folder, name));
  const files = isBare ? folder : names.includes('evidences') ? join(folder, 'evidences') : undefined;
  for (const name of files ? readdirSync(files) : [])
    if (/^[A-Za-z0-9._*-]+$/.test(name)) keep(`${filesFolder}${name}`, join(files ?? folder, name));
  if (isBare) return shownOf(raw, { url: 'file:', checks: [], isSaved: true });
  return shownOf(raw, readTarget(readBounded(join(folder, 'target.json'), mostTargetBytes)));
}

function readTarget(bytes: Uint8Array | undefined): Seen {
  try {
    const field = rootField(parseJson(textOfBytes(bytes ?? new Uint8Array()) ?? ''));
    onlyOf(field, ['version', 'kind', 'url', 'nonce', 'certificate']);
    wholeOf(at(field, 'version'), 1, 1);
    const certificate = nullable(at(field, 'certificate'));
    const url = textOf(at(field, 'url'));
    if (!URL.canParse(url)) throw new JsonError('url is none');
    return {
      url,
      nonce: optionalHex(nullable(at(field, 'nonce'))),
      certificate,
      spki: certificate === undefined ? undefined : spkiOf(certificateOf(certificate)),
      isSaved: true,
      checks: [],
    };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('EVIDENCE_MALFORMED', `target.json cannot be read: ${error.message}.`);
  }
}

const nullable = (field: Field): string | undefined => (field.value === null ? undefined : optional(field, textOf));

function optionalHex(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  const bytes = fromHex(text, 32);
  if (bytes === undefined) throw new JsonError('nonce is not 64 lower-case hex digits');
  return bytes;
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    // OpenSSL's words are for programmers.
    throw new JsonError('certificate is none');
  }
}
