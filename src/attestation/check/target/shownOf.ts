// From what a target has sent, and what was seen of its connection, to what a verdict is made of. Live and saved targets come through here.
import { textOfBytes, toHex } from '../../verify/bytes.js';
import { refuse } from '../../verify/failure.js';
import { decodeReport } from '../../verify/report/decodeReport.js';
import { parseEvidence } from '../../verify/report/parseEvidence.js';
import type { Check } from '../../verify/verdict/checks.js';
import type { Evidence, Target, TargetKind } from '../../verify/verdict/evidence.js';
import { refusedCheck } from '../refusedCheck.js';
import { composeOfInfo } from './info.js';
import { filesFolder, type Kept } from './kept.js';
import { parseBinding } from './parseBinding.js';
import { parseQuoteAnswer } from './quoteAnswer.js';
import type { Shown } from './shown.js';

export interface Seen {
  readonly url: string;
  readonly nonce?: Uint8Array | undefined;
  /** PEM. */
  readonly certificate?: string | undefined;
  readonly spki?: Uint8Array | undefined;
  readonly isSaved?: boolean;
  /** Bodies will be sealed to the key that it shows for them. */
  readonly isSealed?: boolean | undefined;
  readonly checks: readonly Check[];
}

export function shownOf(kept: Kept, seen: Seen): Shown {
  const kind: TargetKind = kept.has(`${filesFolder}quote.json`) ? 'ingress' : 'sealed-prover';
  const target: Target = {
    kind,
    url: seen.url,
    ...(seen.spki && { tlsSpkiSha256: toHex(seen.spki) }),
    ...(seen.nonce && kind !== 'ingress' && { nonce: toHex(seen.nonce) }),
  };
  const base = { certificate: seen.certificate, raw: kept, checks: seen.checks };
  try {
    return { ...base, ...read(kept, target, seen) };
  } catch (error) {
    const check = refusedCheck(error, kind === 'ingress' ? 'evidence.manifest' : 'quote.format');
    return { ...base, quote: undefined, evidence: { target }, checks: [...seen.checks, check] };
  }
}

type Read = Pick<Shown, 'quote' | 'evidence' | 'collateral' | 'files'>;

function read(kept: Kept, target: Target, seen: Seen): Read {
  const textOf = (name: string) => {
    const bytes = kept.get(name);
    return bytes && (textOfBytes(bytes) ?? refuse('EVIDENCE_MALFORMED', `${name} is not UTF-8.`));
  };
  const evidence = textOf('evidence.json');
  if (evidence !== undefined) return readEvidence(evidence, target, seen, textOf('info.json'));
  if (target.kind === 'ingress') return readFiles(kept, target, textOf);
  const report = textOf('report.txt');
  if (report === undefined) {
    if (seen.checks.length === 0 && seen.isSaved) refuse('REPORT_MISSING', 'Neither evidence nor a report was saved.');
    return { quote: undefined, evidence: { target } };
  }
  const hint = parseBinding(textOf('binding.txt') ?? '');
  const binding = {
    own: { nonce: seen.nonce, spki: seen.spki },
    ...(hint && { hint }),
    isSaved: seen.isSaved === true,
  };
  return { quote: decodeReport(report), evidence: { target, binding } };
}

function readEvidence(json: string, target: Target, seen: Seen, info: string | undefined): Read {
  const shown = parseEvidence(json);
  const isSealed = seen.isSealed === true;
  if (isSealed && shown.bodyKey === undefined) refuse('BODY_KEY_WRONG', 'It shows no key for sealed bodies.');
  const appCompose = shown.appCompose ?? composeOfInfo(info);
  const evidence: Evidence = {
    target,
    binding: {
      own: { nonce: seen.nonce, spki: isSealed ? shown.tlsSpkiSha256 : seen.spki, body: shown.bodyKey },
      hint: { nonce: shown.nonce, spki: shown.tlsSpkiSha256 },
      isSaved: seen.isSaved === true,
      ...(isSealed && { isSealed }),
    },
    statement: shown.statement,
    ...(shown.eventLog !== undefined && { eventLog: shown.eventLog }),
    ...(appCompose !== undefined && { appCompose }),
  };
  return { quote: shown.quote, evidence, collateral: shown.collateral };
}

function readFiles(kept: Kept, target: Target, textOf: (name: string) => string | undefined): Read {
  const { quote, eventLog } = parseQuoteAnswer(textOf(`${filesFolder}quote.json`) ?? '');
  const appCompose = composeOfInfo(textOf('info.json'));
  const listed = [...kept].flatMap(([name, bytes]) => {
    const short = name.startsWith(filesFolder) ? name.slice(filesFolder.length) : 'quote.json';
    return short === 'quote.json' || short === 'sha256sum.txt' ? [] : [[short, bytes] as const];
  });
  return {
    quote,
    evidence: {
      target,
      ...(eventLog !== undefined && { eventLog }),
      ...(appCompose !== undefined && { appCompose }),
    },
    files: { manifest: kept.get(`${filesFolder}sha256sum.txt`) ?? new Uint8Array(), listed: new Map(listed) },
  };
}
