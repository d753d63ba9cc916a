// What the service says of itself under the quote's protection, against a policy. It is worth as much as the code that says it.
import { textOfBytes } from '../bytes.js';
import { refuse } from '../failure.js';
import { JsonError, type JsonObject, parseJson } from '../json/parseJson.js';
import type { StatementPolicy } from '../policy/policy.js';

const mostStatementBytes = 65_536;

/** STATEMENT_REFUSED when it is no JSON object. */
export function parseStatement(bytes: Uint8Array): JsonObject {
  if (bytes.byteLength > mostStatementBytes)
    refuse('STATEMENT_REFUSED', `The statement has more than ${mostStatementBytes} bytes.`);
  try {
    const value = parseJson(textOfBytes(bytes) ?? '');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
    throw new JsonError('it is no object');
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('STATEMENT_REFUSED', `The statement cannot be read: ${error.message}.`);
  }
}

/** STATEMENT_REFUSED. */
export function checkStatement(statement: JsonObject, policy: StatementPolicy): string {
  const expect = (name: string, allowed: readonly unknown[] | undefined) => {
    const value = Object.hasOwn(statement, name) ? statement[name] : undefined;
    if (allowed && !allowed.includes(value))
      refuse(
        'STATEMENT_REFUSED',
        `The statement’s ${name} is ${JSON.stringify(value)?.slice(0, 100)}, not ${allowed.join(' or ')}.`,
      );
  };
  expect('service', policy.service === undefined ? undefined : [policy.service]);
  expect('version', policy.versions);
  expect('sealing', policy.sealing);
  expect('swap', policy.swap === undefined ? undefined : [policy.swap]);
  return 'As the policy wants it.';
}

/** Lanes on GPUs: a GPU and its driver see the witness, and no evidence of it is checked. */
export function countGpus({ lanes }: JsonObject): number {
  const { gpu } = (lanes ?? {}) as { gpu?: unknown };
  return typeof gpu === 'number' ? gpu : 0;
}
