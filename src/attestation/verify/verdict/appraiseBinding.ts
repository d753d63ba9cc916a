// The connection, the nonce and the statement.
import { sha256 } from '../crypto.js';
import type { QuoteExamination } from '../examineQuote.js';
import type { JsonObject } from '../json/parseJson.js';
import type { Policy } from '../policy/policy.js';
import { checkReportData } from './bindingChecks.js';
import { failedCheck, passed } from './checks.js';
import type { CheckCollector } from './collectChecks.js';
import type { Evidence } from './evidence.js';
import { checkStatement, parseStatement } from './statementCheck.js';

const nonceWanted = (what: string) =>
  failedCheck('binding.nonce', 'NONCE_WRONG', `${what}, and the policy asks for a nonce (tls.nonce).`);

/** Resolves with the statement when the quote vouches for it. */
export async function appraiseBinding(
  collector: CheckCollector,
  { claims }: QuoteExamination,
  { binding, statement, target }: Evidence,
  { statement: policy, tls }: Partial<Policy>,
): Promise<JsonObject | undefined> {
  if (!claims || !binding) {
    const why = claims ? 'Nothing that was shown names a connection or a nonce.' : 'The quote did not verify.';
    for (const id of ['binding.report_data', 'binding.tls_key', 'binding.nonce', 'statement'] as const)
      collector.skip(id, why);
    if (claims && tls?.nonce === 'require' && target.kind === 'ingress')
      collector.add([nonceWanted('Evidence files carry none')]);
    return undefined;
  }
  const { spki, nonce, body } = binding.own;
  const saved = binding.isSaved ? 'saved ' : '';
  const own = { spki, nonce, body, statement: statement && (await sha256(statement)) };
  const detail = await collector.attempt('binding.report_data', () =>
    checkReportData(claims.td.reportData, own, binding.hint),
  );
  if (detail === undefined) {
    for (const id of ['binding.tls_key', 'binding.nonce', 'statement'] as const)
      collector.skip(id, 'The quote is not made for this answer.');
    return undefined;
  }
  // A quote that is made for nobody is anybody's.
  if (spki || nonce || body) collector.add([passed('binding.report_data', detail)]);
  else collector.skip('binding.report_data', 'The quote names neither a key nor a nonce.');
  if (binding.isSealed)
    collector.skip('binding.tls_key', 'Bodies are sealed to the quoted key, wherever the connection ends.');
  else if (spki) collector.add([passed('binding.tls_key', `The ${saved}connection ends at the quoted key.`)]);
  else collector.skip('binding.tls_key', 'No TLS key is in use here.');
  if (nonce)
    collector.add([
      passed('binding.nonce', `It was made after we asked${binding.isSaved ? ', with the saved nonce' : ''}.`),
    ]);
  else if (tls?.nonce === 'require') collector.add([nonceWanted('None was sent')]);
  else collector.skip('binding.nonce', 'No nonce was sent.');
  if (statement) return await readStatement(collector, statement, policy);
  if (policy)
    collector.add([
      failedCheck('statement', 'STATEMENT_REFUSED', 'No statement was shown, and the policy asks for one.'),
    ]);
  else collector.skip('statement', 'No statement was shown.');
  return undefined;
}

async function readStatement(
  collector: CheckCollector,
  bytes: Uint8Array,
  policy: Policy['statement'],
): Promise<JsonObject | undefined> {
  const statement = await collector.attempt('statement', () => parseStatement(bytes));
  if (statement && policy) await collector.check('statement', () => checkStatement(statement, policy));
  else if (statement) collector.skip('statement', 'The policy says nothing of it.');
  return statement;
}
