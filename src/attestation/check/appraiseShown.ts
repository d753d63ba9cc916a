// From what a target has shown, collateral and a policy to a verdict, and whether a step was missing that nobody can blame on the target.
import { examineQuote, type QuoteExamination } from '../verify/examineQuote.js';
import type { ReadPolicy } from '../verify/policy/parsePolicy.js';
import type { Level } from '../verify/policy/policy.js';
import { intelRoot } from '../verify/roots.js';
import { appraise } from '../verify/verdict/appraise.js';
import { type Check, type CheckId, checkMarks, skipped } from '../verify/verdict/checks.js';
import type { Verdict } from '../verify/verdict/verdict.js';
import { appraiseFiles } from './target/appraiseFiles.js';
import type { Shown } from './target/shown.js';

export interface AppraiseShownParameters {
  readonly shown: Shown;
  /** JSON text, or why there is none. */
  readonly collateral: { readonly text: string } | { readonly missing: Check };
  readonly policy?: ReadPolicy | undefined;
  readonly require?: Exclude<Level, 'none'> | undefined;
  /** Seconds since 1970. */
  readonly now: number;
  readonly roots?: readonly string[] | undefined;
  /** From DNS and from memory. */
  readonly more?: readonly Check[];
  /** To say first what the target is not to be blamed for. */
  readonly warnings?: readonly string[];
}

/** Never rejects. */
export async function appraiseShown(parameters: AppraiseShownParameters): Promise<Verdict> {
  const { shown, collateral, now, roots = [intelRoot], policy, require } = parameters;
  const text = 'text' in collateral ? collateral.text : undefined;
  const examination = shown.quote
    ? await examineQuote({ quote: shown.quote, collateral: text, now, roots })
    : unexamined(roots.every((root) => root === intelRoot));
  const verdict = await appraise({
    examination,
    evidence: shown.evidence,
    policy,
    now,
    ...(require && { require }),
    more: [
      ...(shown.checks ?? []),
      ...('missing' in collateral ? [collateral.missing] : []),
      ...appraiseFiles(shown, examination),
      ...(parameters.more ?? []),
    ],
  });
  return { ...verdict, warnings: [...verdict.warnings, ...(parameters.warnings ?? [])] };
}

/** Where no quote came, no check of one is ok. */
function unexamined(isIntelRoot: boolean): QuoteExamination {
  const ids = (Object.keys(checkMarks) as CheckId[]).filter((id) => checkMarks[id] === 'G');
  const checks = ids.map((id) => skipped(id, 'No quote was shown.'));
  return { checks, findings: [], quote: undefined, claims: undefined, isIntelRoot };
}
