// Which rule of a fake engine's script applies to a request, and how often it has: in memory, or in a file that outlives the process.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { FakeRule, FakeScript } from './fakeEngineScript.js';
import type { EngineRequest } from './fakeEngineWire.js';

export interface BegunRequest {
  readonly kind: EngineRequest['kind'];
  /** SHA-256 in hex, where the request carries a stdin artifact. */
  readonly stdinSha256: string | undefined;
  /** Of the bare ELF, where the request executes one. */
  readonly elfSha256: string | undefined;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export const begunRequest = (request: EngineRequest): BegunRequest => ({
  kind: request.kind,
  stdinSha256: 'stdin' in request ? sha256(request.stdin) : undefined,
  elfSha256: request.kind === 'execute' ? sha256(request.elf) : undefined,
});

export class FakeEngineRules {
  readonly #script: FakeScript;
  #applied: Record<string, number> = {};

  constructor(script: FakeScript) {
    this.#script = script;
  }

  /** The rule for a request that begins now, counted and noted in the journal before anything else happens. */
  begin(begun: BegunRequest): FakeRule {
    const { journalPath, rules = [] } = this.#script;
    const { kind, stdinSha256 = '-', elfSha256 } = begun;
    if (journalPath !== undefined)
      appendFileSync(journalPath, `${kind} ${stdinSha256}${elfSha256 === undefined ? '' : ` ${elfSha256}`}\n`);
    this.#recall();
    const index = rules.findIndex((rule, i) => this.#matches(rule, i, begun));
    const rule = rules[index];
    if (rule === undefined) return { on: begun.kind };
    this.#applied[index] = (this.#applied[index] ?? 0) + 1;
    this.#remember();
    return rule;
  }

  #matches(rule: FakeRule, index: number, begun: BegunRequest): boolean {
    const usedUp = rule.times !== undefined && (this.#applied[index] ?? 0) >= rule.times;
    const otherStdin = rule.stdinSha256 !== undefined && rule.stdinSha256 !== begun.stdinSha256;
    return rule.on === begun.kind && !usedUp && !otherStdin;
  }

  // Synchronous on purpose: a crash rule must be counted before the process is gone.
  #recall(): void {
    const { memoryPath } = this.#script;
    if (memoryPath !== undefined && existsSync(memoryPath))
      this.#applied = JSON.parse(readFileSync(memoryPath, 'utf8'));
  }

  #remember(): void {
    const { memoryPath } = this.#script;
    if (memoryPath !== undefined) writeFileSync(memoryPath, JSON.stringify(this.#applied));
  }
}
