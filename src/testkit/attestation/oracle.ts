// The second verifier: dcap-qvl in a process of its own, asked a question a line. `npm test` builds it and names it in ATTESTATION_ORACLE.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface OracleQuestion {
  readonly quote: Uint8Array;
  readonly collateral: string;
  readonly now: number;
  /** DER; Intel's when absent. */
  readonly rootDer?: Uint8Array;
}

export type OracleAnswer =
  | { readonly status: string; readonly advisories: readonly string[]; readonly tcbDate: string }
  | { readonly error: string };

export interface Oracle {
  ask(question: OracleQuestion): Promise<OracleAnswer>;
  end(): Promise<void>;
}

export function startOracle(): Oracle {
  const path = process.env['ATTESTATION_ORACLE'];
  assert.ok(path, 'ATTESTATION_ORACLE names no binary: npm test builds it, or npm run setup -- --conformance');
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask({ quote, collateral, now, rootDer }) {
      const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
      child.stdin.write(`${JSON.stringify({ quote: hex(quote), collateral, now, root: rootDer && hex(rootDer) })}\n`);
      const { value, done } = await lines.next();
      assert.ok(!done, 'the oracle has ended');
      return JSON.parse(value) as OracleAnswer;
    },
    end: () => {
      child.stdin.end();
      return ended;
    },
  };
}
