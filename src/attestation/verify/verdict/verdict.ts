// The answer to "is it really that code, on genuine hardware, at the end of this connection": checks, a level, and facts.
import type { JsonObject } from '../json/parseJson.js';
import type { Level } from '../policy/policy.js';
import { type Check, type CheckId, checkIds, checkMarks } from './checks.js';
import type { Target } from './evidence.js';

export interface Facts {
  readonly tcbStatus?: string;
  readonly advisoryIds?: readonly string[];
  readonly tcbDate?: string;
  readonly evaluationDataNumber?: number;
  readonly fmspc?: string;
  readonly deviceId?: string;
  readonly mrTd?: string;
  readonly rtmr?: readonly string[];
  readonly composeHash?: string;
  readonly images?: readonly string[];
  readonly appId?: string;
  readonly instanceId?: string;
  readonly keyProvider?: string;
  readonly statement?: JsonObject;
}

export interface Verdict {
  readonly version: 1;
  readonly verdict: 'accepted' | 'rejected';
  readonly level: Level;
  readonly required: Level;
  readonly target: Target;
  readonly checkedAt: string;
  /** Absent: the code was compared with nothing. */
  readonly policy?: { readonly name: string; readonly sha256: string };
  readonly checks: readonly Check[];
  readonly facts: Facts;
  /** The first one is the one that matters most. */
  readonly warnings: readonly string[];
}

/** How far the checks carry. One that was skipped carries nothing. */
export function levelOf(checks: readonly Check[]): Level {
  const statusOf = (id: CheckId) => checks.find((check) => check.id === id)?.status ?? 'skip';
  const isOk = (id: CheckId) => statusOf(id) === 'ok';
  const marked = (mark: string) => checkIds.filter((id) => checkMarks[id] === mark);
  if (!marked('G').every(isOk)) return 'none';
  const isBound =
    marked('B').every((id) => statusOf(id) !== 'fail') && (isOk('binding.report_data') || isOk('evidence.certificate'));
  if (!isBound) return 'genuine';
  return isOk('measurement.os') && (isOk('compose.hash') || isOk('measurement.rtmr3')) ? 'identified' : 'bound';
}
