// Gathers the checks of a verdict: each runs when what it needs is there, fails by a code, and never takes the others with it.
import { failureOf } from '../failure.js';
import { type Check, type CheckId, checkIds, failedCheck, passed, skipped } from './checks.js';

export interface CheckCollector {
  /** `work` answers the detail of a check that passed; it refuses to fail it. */
  check(id: CheckId, work: () => string | Promise<string>): Promise<void>;
  skip(id: CheckId, why: string): void;
  add(checks: readonly Check[]): void;
  /** Its value; a refusal fails the check `id`. */
  attempt<T>(id: CheckId, work: () => T | Promise<T>): Promise<T | undefined>;
  /** In the order of their list; where two have one name, the one that failed. */
  all(): readonly Check[];
}

const severity = { fail: 0, ok: 1, skip: 2 } as const;

export function collectChecks(): CheckCollector {
  const collected: Check[] = [];
  const attempt: CheckCollector['attempt'] = async (id, work) => {
    try {
      return await work();
    } catch (error) {
      const { code, detail } = failureOf(error);
      collected.push(failedCheck(id, code, detail));
      return undefined;
    }
  };
  return {
    attempt,
    async check(id, work) {
      const detail = await attempt(id, work);
      if (detail !== undefined) collected.push(passed(id, detail));
    },
    skip: (id, why) => collected.push(skipped(id, why)),
    add: (checks) => collected.push(...checks),
    all: () =>
      checkIds.flatMap((id) => {
        const [first] = collected
          .filter((check) => check.id === id)
          .sort((a, b) => severity[a.status] - severity[b.status]);
        return first ? [first] : [];
      }),
  };
}
