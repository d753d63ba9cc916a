// From a target and a policy to the check of DNS: whose accounts are asked about, and what the records say of them.
import type { Clock } from '../../../clock.js';
import { textOfBytes } from '../../verify/bytes.js';
import { failureOf, refuse } from '../../verify/failure.js';
import { at, rootField, textOf } from '../../verify/json/fields.js';
import { JsonError, parseJson } from '../../verify/json/parseJson.js';
import type { TlsPolicy } from '../../verify/policy/policy.js';
import { type Check, failedCheck, skipped } from '../../verify/verdict/checks.js';
import { hostOf } from '../target/appraiseFiles.js';
import { acmeAccountName } from '../target/manifest.js';
import type { Shown } from '../target/shown.js';
import { checkCaa } from './checkCaa.js';
import { lookUpCaa } from './lookUpCaa.js';

export interface AppraiseDnsParameters {
  readonly shown: Shown;
  readonly tls: TlsPolicy | undefined;
  readonly server?: string | undefined;
  readonly clock: Pick<Clock, 'wakeIn'>;
}

export interface AppraisedDns {
  readonly check: Check;
  /** It failed because nobody answered. */
  readonly isOutOfReach: boolean;
}

/** Never rejects. */
export async function appraiseDns({ shown, tls, server, clock }: AppraiseDnsParameters): Promise<AppraisedDns> {
  const done = (check: Check): AppraisedDns => ({ check, isOutOfReach: false });
  const mode = tls?.caa ?? 'check';
  if (mode === 'ignore') return done(skipped('dns.caa', 'The policy ignores it.'));
  try {
    const account = shownAccount(shown);
    const listed = tls?.acmeAccounts;
    if (account !== undefined && listed && !listed.includes(account))
      return done(failedCheck('dns.caa', 'CAA_OTHER_ACCOUNT', `The account ${account} is not listed by the policy.`));
    const accounts = account === undefined ? (listed ?? []) : [account];
    const host = shown.certificate === undefined ? undefined : hostOf(shown.evidence.target.url);
    if (accounts.length === 0 || host === undefined || host === '') {
      const why = accounts.length === 0 ? 'The target shows no ACME account.' : 'The target has shown no certificate.';
      return done(mode === 'require' ? failedCheck('dns.caa', 'CAA_MISSING', why) : skipped('dns.caa', why));
    }
    const answer = await lookUpCaa({ host, server, clock });
    return { check: checkCaa({ answer, accounts, mode }), isOutOfReach: answer.kind === 'outOfReach' };
  } catch (error) {
    const { code, detail } = failureOf(error);
    return done(failedCheck('dns.caa', code, detail));
  }
}

/** EVIDENCE_MALFORMED. Whether it is the quoted one is a check of the files. */
function shownAccount({ files }: Shown): string | undefined {
  const bytes = files?.listed.get(acmeAccountName);
  if (bytes === undefined) return undefined;
  try {
    const uri = textOf(at(rootField(parseJson(textOfBytes(bytes) ?? '')), 'uri'));
    if (!/^https:\/\/[!-:<-~]{1,500}$/.test(uri)) throw new JsonError('its uri is none of https');
    return uri;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('EVIDENCE_MALFORMED', `${acmeAccountName} cannot be read: ${error.message}.`);
  }
}
