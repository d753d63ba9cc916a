// Runs the rules of a verification: each as far as what it needs is there, so that a verdict says all that is wrong at once.
import { type AttestationFailure, failureOf } from './failure.js';
import { type Rule, ruleChecks, rules } from './rules.js';
import { type Check, type CheckId, failedCheck, passed, skipped } from './verdict/checks.js';

export interface Finding extends AttestationFailure {
  readonly rule: Rule;
}

type Present<Needs extends readonly unknown[]> = { readonly [K in keyof Needs]: Exclude<Needs[K], undefined> };
type Held<T> = T extends void ? true : T;

export interface RuleRun {
  /**
   * Resolves with what `work` made of its `needs`, and with undefined when the rule does not hold or when one of its needs is undefined:
   * it then could not be looked at.
   */
  rule<const Needs extends readonly unknown[], T>(
    rule: Rule,
    needs: Needs,
    work: (...needs: Present<Needs>) => T | Promise<T>,
  ): Promise<Held<T> | undefined>;
  /** In the order of the rules. */
  findings(): readonly Finding[];
  /** Whether each rule was looked at in full, and holds. */
  isComplete(): boolean;
  /** Of this check: failed if one of its rules has, skipped if one could not be looked at in full, ok if all hold. */
  check(id: CheckId, detail: string): Check;
}

export function createRuleRun(): RuleRun {
  const found: Finding[] = [];
  const held = new Set<Rule>();
  const missed = new Set<Rule>();
  const holds = (rule: Rule) => held.has(rule) && !missed.has(rule);
  const findings = () => found.toSorted((a, b) => rules.indexOf(a.rule) - rules.indexOf(b.rule));

  return {
    async rule(rule, needs, work) {
      try {
        if (needs.includes(undefined)) {
          missed.add(rule);
          return undefined;
        }
        const value = await work(...(needs as Present<typeof needs>));
        held.add(rule);
        return (value ?? true) as Held<Awaited<typeof value>>;
      } catch (error) {
        found.push({ rule, ...failureOf(error) });
        missed.add(rule);
        return undefined;
      }
    },
    findings,
    isComplete: () => rules.every(holds),
    check(id, detail) {
      const failure = findings().find((finding) => checkOf(finding) === id);
      if (failure) return failedCheck(id, failure.code, failure.detail);
      return rules.every((rule) => ruleChecks[rule] !== id || holds(rule))
        ? passed(id, detail)
        : skipped(id, 'What it needs did not verify: see the checks that failed.');
    },
  };
}

/** A good TCB info of another kind is a mismatch, wherever that is noticed. */
const checkOf = ({ code, rule }: Finding): CheckId =>
  code === 'COLLATERAL_MISMATCH' ? 'collateral.match' : ruleChecks[rule];
