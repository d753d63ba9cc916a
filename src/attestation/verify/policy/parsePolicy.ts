// A policy from its bytes: strict JSON. A property that is not known is an error, because a name that is spelled wrong must not weaken it.
import { bytesOfText, toHex } from '../bytes.js';
import { sha256 } from '../crypto.js';
import { refuse } from '../failure.js';
import { at, type Field, oneOf, onlyOf, optional, rootField, wholeOf } from '../json/fields.js';
import { JsonError, parseJson } from '../json/parseJson.js';
import { acceptableStatuses, allowableAttributes, noPolicy, type OsImage, type Policy } from './policy.js';
import { readApp, readCompose, readStatement, readTls } from './policyParts.js';
import { hexes, listed, matching, shortText } from './policyValues.js';

export interface ReadPolicy {
  readonly policy: Policy;
  /** Of the bytes: names the policy in verdicts and caches. */
  readonly sha256: string;
}

export const mostPolicyBytes = 1_048_576;

/** POLICY_MALFORMED. */
export async function parsePolicy(json: string): Promise<ReadPolicy> {
  const bytes = bytesOfText(json);
  if (bytes.byteLength > mostPolicyBytes)
    refuse('POLICY_MALFORMED', `The policy has more than ${mostPolicyBytes} bytes.`);
  try {
    return { policy: read(rootField(parseJson(json))), sha256: toHex(await sha256(bytes)) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('POLICY_MALFORMED', `The policy cannot be read: ${error.message}.`);
  }
}

const names = [
  'version',
  'name',
  'require',
  'tcb',
  'td',
  'os',
  'rtmr3',
  'compose',
  'app',
  'devices',
  'tls',
  'statement',
];

function read(field: Field): Policy {
  onlyOf(field, names);
  wholeOf(at(field, 'version'), 1, 1);
  return {
    name: shortText(at(field, 'name')),
    require: optional(at(field, 'require'), (of) => oneOf(of, ['identified', 'bound', 'genuine'])) ?? 'identified',
    tcb: optional(at(field, 'tcb'), readTcb) ?? noPolicy.tcb,
    td: optional(at(field, 'td'), readTd) ?? noPolicy.td,
    os: optional(at(field, 'os'), (of) => listed(of, readOsImage)),
    rtmr3: optional(at(field, 'rtmr3'), (of) => hexes(of, 48)),
    compose: optional(at(field, 'compose'), readCompose),
    app: optional(at(field, 'app'), readApp),
    devices: optional(at(field, 'devices'), (of) => hexes(of, 32)),
    tls: optional(at(field, 'tls'), readTls),
    statement: optional(at(field, 'statement'), readStatement),
  };
}

function readTcb(field: Field): Policy['tcb'] {
  onlyOf(field, ['statuses', 'graceDays', 'allowedAdvisories', 'refusedAdvisories', 'minEvaluationDataNumber']);
  const { tcb } = noPolicy;
  const advisories = (name: string) =>
    optional(at(field, name), (of) => listed(of, (one) => matching(one, /^INTEL-(SA|DOC)-[0-9]+$/), 0)) ?? [];
  return {
    statuses:
      optional(at(field, 'statuses'), (of) => listed(of, (one) => oneOf(one, acceptableStatuses))) ?? tcb.statuses,
    graceDays: optional(at(field, 'graceDays'), (of) => wholeOf(of, 0, 365)) ?? tcb.graceDays,
    allowedAdvisories: advisories('allowedAdvisories'),
    refusedAdvisories: advisories('refusedAdvisories'),
    minEvaluationDataNumber:
      optional(at(field, 'minEvaluationDataNumber'), (of) => wholeOf(of, 1, 2 ** 32 - 1)) ??
      tcb.minEvaluationDataNumber,
  };
}

function readTd(field: Field): Policy['td'] {
  onlyOf(field, ['allow']);
  const allow = optional(at(field, 'allow'), (of) => listed(of, (one) => oneOf(one, allowableAttributes), 0));
  return { allow: allow ?? [] };
}

function readOsImage(field: Field): OsImage {
  onlyOf(field, ['name', 'mrTd', 'rtmr0', 'rtmr1', 'rtmr2']);
  const rtmr0 = at(field, 'rtmr0');
  const one = (name: string) => matching(at(field, name), /^[0-9a-f]{96}$/);
  return {
    name: shortText(at(field, 'name')),
    mrTd: one('mrTd'),
    rtmr0: Array.isArray(rtmr0.value) ? hexes(rtmr0, 48) : [one('rtmr0')],
    rtmr1: one('rtmr1'),
    rtmr2: one('rtmr2'),
  };
}
