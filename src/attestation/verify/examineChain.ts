// One chain through V4 to V7.
import type { Certificate } from './certificates/certificate.js';
import { type ChainShape, readChain, verifyLinks, verifyRoot, verifyValidity } from './certificates/verifyChain.js';
import type { RuleRun } from './ruleRun.js';

export interface RuleContext {
  readonly run: RuleRun;
  /** Undefined when it is unusable. */
  readonly now: number | undefined;
  readonly roots: readonly string[];
}

/** The chain when it leads to the root; one that is not valid now does, and the check has failed for it. */
export async function examineChain(
  { run, now, roots }: RuleContext,
  source: Uint8Array | string | undefined,
  shape: ChainShape,
): Promise<readonly Certificate[] | undefined> {
  const chain = await run.rule('V4', [source], (pem) => readChain(pem, shape));
  const rooted = await run.rule('V5', [chain], (read) => verifyRoot(read, roots, shape.what));
  const linked = await run.rule('V6', [chain], (read) => verifyLinks(read, shape));
  await run.rule('V7', [chain, now], (read, at) => verifyValidity(read, at, shape.what));
  return rooted && linked ? chain : undefined;
}
