// Whether only the accounts that are known may get certificates for a name. It binds honest authorities, at the time of issue, and DNS is the
// operator's: one lock more, never instead of the pinned key.
import { type Check, failedCheck, passed, skipped } from '../../verify/verdict/checks.js';
import type { CaaAnswer, CaaRecord } from './lookUpCaa.js';

export interface CheckCaaParameters {
  readonly answer: CaaAnswer;
  /** URIs of ACME accounts. */
  readonly accounts: readonly string[];
  readonly mode: 'require' | 'check';
}

const id = 'dns.caa';

export function checkCaa({ answer, accounts, mode }: CheckCaaParameters): Check {
  if (answer.kind === 'outOfReach')
    return failedCheck(id, 'CAA_MISSING', `It could not be checked: ${answer.why}. A policy may ignore it (tls.caa).`);
  if (answer.kind === 'none')
    return mode === 'require'
      ? failedCheck(id, 'CAA_MISSING', sentence(answer.why))
      : skipped(id, sentence(answer.why));
  const { name, records } = answer;
  const unknown = records.find(({ isCritical, tag }) => isCritical && !known.includes(tag));
  if (unknown)
    return failedCheck(
      id,
      'CAA_OTHER_ACCOUNT',
      `${name} has a critical CAA property that is not known: ${unknown.tag}.`,
    );
  const issuing = records.filter(({ tag }) => tag === 'issue' || tag === 'issuewild');
  // Without an issue property every authority may issue.
  if (!issuing.some(({ tag }) => tag === 'issue'))
    return failedCheck(id, 'CAA_MISSING', `${name} has CAA records, and none of them limits who may issue.`);
  const other = issuing.find((record) => !isLimited(record, accounts));
  if (other)
    return failedCheck(
      id,
      'CAA_OTHER_ACCOUNT',
      `${name}: ${other.tag} "${other.value}" is for others than ${accounts.join(', ')}.`,
    );
  return passed(id, `At ${name} only ${accounts.join(', ')} may get certificates.`);
}

const known = ['issue', 'issuewild', 'iodef', 'contactemail', 'contactphone', 'issuemail', 'issuevmc'];
const sentence = (why: string) => `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;

/** `;` alone: no authority. */
function isLimited({ value }: CaaRecord, accounts: readonly string[]): boolean {
  const [issuer = '', ...parameters] = value.split(';').map((part) => part.trim());
  const given = parameters.filter((part) => part !== '');
  if (issuer === '') return given.length === 0;
  const uris = given.flatMap((part) => /^accounturi\s*=\s*(.*)$/i.exec(part)?.[1] ?? []);
  return uris.length === 1 && accounts.includes(uris[0] as string);
}
