// The chain that a quote brings along, and the platform that its leaf is for: V4 to V7.
import type { Certificate } from './certificates/certificate.js';
import { intelNames, pckCaNames } from './certificates/commonName.js';
import { type PckPlatform, pckPlatformOf } from './certificates/pckExtension.js';
import { examineChain, type RuleContext } from './examineChain.js';
import type { Quote } from './quote/parseQuote.js';

export interface Pck {
  readonly chain: readonly Certificate[] | undefined;
  readonly platform: PckPlatform | undefined;
}

export async function examinePck(context: RuleContext, quote: Quote | undefined): Promise<Pck> {
  const chain = await examineChain(context, quote?.signature.pckChain, {
    what: 'The PCK chain',
    names: [[intelNames.pckLeaf], pckCaNames],
    isLeafCa: false,
  });
  const platform = await context.run.rule('V4', [chain], ([leaf]) => pckPlatformOf(leaf as Certificate));
  return { chain, platform };
}
