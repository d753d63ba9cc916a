// From a quote's examination, what a target has shown, and a policy, to a verdict. Pure: it looks nothing up.
import { toHex } from '../bytes.js';
import type { QuoteExamination } from '../examineQuote.js';
import { type Level, levels, noPolicy, type Policy } from '../policy/policy.js';
import { appraiseApp } from './appraiseApp.js';
import { appraiseBinding } from './appraiseBinding.js';
import { type Check, failedCheck } from './checks.js';
import { type CheckCollector, collectChecks } from './collectChecks.js';
import type { Evidence } from './evidence.js';
import { checkDevice, checkOs, checkRtmr3, checkTcbStatus, checkTdAttributes } from './platformChecks.js';
import { levelOf, type Verdict } from './verdict.js';
import { warningsOf } from './warnings.js';

export interface AppraiseParameters {
  readonly examination: QuoteExamination;
  readonly evidence: Evidence;
  /** Without one nothing but genuineness and binding is asked for. */
  readonly policy?: { readonly policy: Policy; readonly sha256: string } | undefined;
  /** Instead of the policy's level; without either `bound`, and `genuine` for a bare quote. */
  readonly require?: Exclude<Level, 'none'>;
  /** Seconds since 1970. */
  readonly now: number;
  /** Checks that need a network, a file or a memory: evidence files, DNS, the state of earlier visits. */
  readonly more?: readonly Check[];
}

/** Never rejects. A check that could not run is `skip`, and a failing one rejects. */
export async function appraise(parameters: AppraiseParameters): Promise<Verdict> {
  const { examination, evidence, now, more = [] } = parameters;
  const policy: Partial<Policy> & typeof noPolicy = parameters.policy?.policy ?? noPolicy;
  const collector = collectChecks();
  collector.add(examination.checks);
  collector.add(more);
  await appraisePlatform(collector, examination, policy, now);
  const app = await appraiseApp(collector, examination, evidence, policy);
  const statement = await appraiseBinding(collector, examination, evidence, policy);
  if (policy.tls?.caa === 'require' && !more.some(({ id, status }) => id === 'dns.caa' && status !== 'skip'))
    collector.add([failedCheck('dns.caa', 'CAA_MISSING', 'The policy asks for CAA records, and DNS was not asked.')]);
  collector.skip('gpu.evidence', 'No evidence of GPUs is checked.');

  const checks = collector.all();
  const level = levelOf(checks);
  const required =
    parameters.require ?? parameters.policy?.policy.require ?? (evidence.target.kind === 'quote' ? 'genuine' : 'bound');
  const isAccepted =
    checks.every(({ status }) => status !== 'fail') && levels.indexOf(level) >= levels.indexOf(required);
  const { claims } = examination;
  return {
    version: 1,
    verdict: isAccepted ? 'accepted' : 'rejected',
    level,
    required,
    target: evidence.target,
    checkedAt: isoOf(now),
    ...(parameters.policy ? { policy: { name: parameters.policy.policy.name, sha256: parameters.policy.sha256 } } : {}),
    checks,
    facts: {
      ...(claims && {
        tcbStatus: claims.tcbStatus,
        advisoryIds: claims.advisoryIds,
        tcbDate: claims.tcbDate,
        evaluationDataNumber: claims.evaluationDataNumber,
        fmspc: claims.fmspc,
        deviceId: claims.deviceId,
        mrTd: toHex(claims.td.mrTd),
        rtmr: claims.td.rtmr.map(toHex),
      }),
      ...app.facts,
      ...(statement ? { statement } : {}),
    },
    warnings: warningsOf({
      examination,
      hasPolicy: parameters.policy !== undefined,
      osImageHash: app.osImageHash,
      statement,
    }),
  };
}

function isoOf(seconds: number): string {
  const at = new Date(seconds * 1000);
  return Number.isNaN(at.getTime()) ? 'never' : at.toISOString().replace(/\.\d+Z$/, 'Z');
}

async function appraisePlatform(
  collector: CheckCollector,
  { claims }: QuoteExamination,
  policy: Partial<Policy> & typeof noPolicy,
  now: number,
): Promise<void> {
  if (claims === undefined) {
    for (const id of ['tcb.status', 'td.attributes', 'device.identity', 'measurement.os', 'measurement.rtmr3'] as const)
      collector.skip(id, 'The quote did not verify.');
    return;
  }
  const { devices, os, rtmr3, tcb } = policy;
  const oldest = tcb.minEvaluationDataNumber;
  if (claims.evaluationDataNumber < oldest)
    collector.add([
      failedCheck(
        'collateral.freshness',
        'COLLATERAL_TOO_OLD',
        `The collateral has evaluation data number ${claims.evaluationDataNumber}, the policy asks for ${oldest}.`,
      ),
    ]);
  await collector.check('tcb.status', () => checkTcbStatus(claims, policy, now));
  await collector.check('td.attributes', () => checkTdAttributes(claims.td, policy));
  if (devices) await collector.check('device.identity', () => checkDevice(claims, devices));
  else collector.skip('device.identity', 'The policy lists no devices.');
  if (os) await collector.check('measurement.os', () => checkOs(claims.td, os));
  else collector.skip('measurement.os', 'The policy lists no OS images.');
  if (rtmr3) await collector.check('measurement.rtmr3', () => checkRtmr3(claims.td, rtmr3));
  else collector.skip('measurement.rtmr3', 'The policy lists no values of RTMR3.');
}
