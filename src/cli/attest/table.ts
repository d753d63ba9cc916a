// A verdict for a person: what matters most first, a line a check, the verdict last. It fits 100 columns.

import { adviceOf } from '../../attestation/verify/advice.js';
import type { AttestationCode, Check, Verdict } from '../../attestation/verify/attestation.js';

const columns = 100;
const idColumns = 24;
const indent = 6 + idColumns;

/** `isChecked`: false where something was out of reach and nothing wrong was found. */
export function verdictTable(verdict: Verdict, isChecked: boolean): string {
  const { warnings, checks, target, policy, checkedAt } = verdict;
  return [
    ...warnings.flatMap((warning) => wrapped('WARNING ', warning)),
    ...wrapped('Target  ', target.url ?? 'a quote'),
    ...wrapped('At      ', checkedAt),
    ...wrapped('Policy  ', policy ? `${policy.name} (${policy.sha256.slice(0, 16)})` : 'none'),
    '',
    ...checks.flatMap(checkLines),
    '',
    ...wrapped('', lastLine(verdict, isChecked)),
  ].join('\n');
}

const words = { ok: 'ok', fail: 'FAIL', skip: 'skip' } as const;

function checkLines(check: Check): readonly string[] {
  const head = `${words[check.status].padEnd(6)}${check.id.padEnd(idColumns)}`;
  if (check.status !== 'fail') return wrapped(head, check.detail);
  return [
    ...wrapped(head, check.detail),
    ...wrapped(' '.repeat(indent), `${check.code}: ${adviceOf[check.code as AttestationCode]}`),
  ];
}

function lastLine({ verdict, level, required, checks }: Verdict, isChecked: boolean): string {
  const levels = `level ${level}, ${required} is asked for`;
  if (verdict === 'accepted') return `ACCEPTED: ${levels}.`;
  const failed = checks.filter(({ status }) => status === 'fail').length;
  if (!isChecked) return `NOT CHECKED: something was out of reach, and nothing wrong was found (${levels}).`;
  return failed === 0
    ? `REJECTED: ${levels}.`
    : `REJECTED: ${failed} ${failed === 1 ? 'check' : 'checks'} failed (${levels}).`;
}

/** `head` before the first line, as much space before the others. A word that is too long for a line is cut into several. */
export function wrapped(head: string, text: string): readonly string[] {
  const room = columns - head.length;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => each.match(new RegExp(`.{1,${room}}`, 'gs')) ?? [''])) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((each, i) => `${i === 0 ? head : ' '.repeat(head.length)}${each}`);
}
