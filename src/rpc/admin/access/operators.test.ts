// The list of operators: what a line is, that a bad one changes nothing and is named by its number alone, and who is found by what.
import assert from 'node:assert/strict';
import crypto, { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { watchFile } from '../../../config/watchedFile.js';
import { Role } from '../../../gen/admin/v1/access_pb.js';
import { SimulatedClock } from '../../../testkit/world/simulatedClock.js';
import { Operators } from './operators.js';

const secret = (who: string) => `${who}-token-0123456789`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const fingerprint = 'ab'.repeat(32);
const list = `# who may what
read ada token:${secret('ada')}
operate bob sha256:${sha256(secret('bob'))} sha256:${sha256(secret('bob-new'))}   # two while he changes it
own eve@ops cert:${(fingerprint.match(/../g) ?? []).join(':').toUpperCase()}
`;

const listed = (text: string, certificates = true) => {
  const operators = new Operators({ certificates });
  operators.replace(text);
  return operators;
};
const found = (operators: Operators, authorization?: string, certificate?: string) =>
  operators.find({ headers: authorization === undefined ? {} : { authorization }, peer: { certificate } });

describe('the operators file', () => {
  it('finds an operator by any of their credentials, and nobody else', () => {
    const operators = listed(list);
    const as = (who: string) => found(operators, `Bearer ${secret(who)}`);
    assert.deepEqual([as('ada')?.name, as('ada')?.role], ['ada', Role.READ]);
    assert.deepEqual([as('bob')?.name, as('bob')?.role], ['bob', Role.OPERATE]);
    assert.equal(as('bob-new')?.name, 'bob');
    assert.deepEqual(
      [found(operators, undefined, fingerprint)?.name, found(operators, undefined, fingerprint)?.role],
      ['eve@ops', Role.OWN],
    );
    for (const nobody of ['', 'Bearer', 'Bearer ', `Basic ${secret('ada')}`, `Bearer ${secret('ada')}x`, `Bearer x`])
      assert.equal(found(operators, nobody), undefined, nobody);
    assert.equal(found(operators), undefined);
    assert.equal(found(operators, undefined, 'cd'.repeat(32)), undefined);
    // The digest that stands in the file is no token.
    assert.equal(found(operators, `Bearer ${sha256(secret('bob'))}`), undefined);
    // A wrong token is not mended by a certificate.
    assert.equal(found(operators, 'Bearer wrong-0123456789abc', fingerprint), undefined);
  });

  it('compares every token of the list in constant time, whatever comes and wherever it stands', (t) => {
    const operators = listed(list);
    const { timingSafeEqual } = crypto;
    t.after(() => {
      crypto.timingSafeEqual = timingSafeEqual;
      syncBuiltinESMExports();
    });
    let compared: number[] = [];
    crypto.timingSafeEqual = (one, other) => {
      compared.push(one.byteLength, other.byteLength);
      return timingSafeEqual(one, other);
    };
    syncBuiltinESMExports();
    const digestBytes = 32;
    for (const given of [
      undefined,
      'Bearer x',
      'Bearer wrong-0123456789abc',
      ...['ada', 'bob', 'bob-new'].map((who) => `Bearer ${secret(who)}`),
    ]) {
      compared = [];
      found(operators, given);
      assert.deepEqual(compared, Array(6).fill(digestBytes), given);
    }
  });

  it('refuses a line that is none, naming its number and nothing of it', () => {
    const good = `read ada token:${secret('ada')}\n`;
    for (const bad of [
      'admin bob token:bob-token-0123456789',
      'toString bob token:bob-token-0123456789',
      'read bob',
      'read bob token:short',
      'read bob bob-token-0123456789',
      'read bob sha256:12',
      `read ${'b'.repeat(41)} token:bob-token-0123456789`,
      'read b/ob token:bob-token-0123456789',
      'own ADA token:bob-token-0123456789',
      `own bob token:${secret('ada')}`,
      `own bob sha256:${sha256(secret('ada'))}`,
      'own bob token:bob-token-0123456789 token:bob-token-0123456789',
    ]) {
      const operators = listed(good);
      assert.throws(
        () => operators.replace(`${good}\n${bad}\n`),
        ({ message }: Error) => /^line 3 is not ROLE NAME CREDENTIAL/.test(message) && !message.includes('0123456789'),
        bad,
      );
      assert.equal(found(operators, `Bearer ${secret('ada')}`)?.role, Role.READ, 'the old list stays');
      assert.equal(found(operators, 'Bearer bob-token-0123456789'), undefined);
    }
    assert.throws(() => listed(''), /no entries/);
    assert.throws(() => listed(`own eve cert:${fingerprint}\n`, false), /line 1 .*--admin-tls-client-ca/);
  });

  it('is read again when it changes; with a bad line the old list stays, and the log says which line', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'operators-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'operators');
    writeFileSync(path, list);
    const operators = new Operators({ certificates: true });
    const clock = new SimulatedClock();
    const logged: string[] = [];
    const write = (facts: unknown) => void logged.push(JSON.stringify(facts));
    const log = { info: write, error: write } as never;
    const file = watchFile({ path, what: 'The operators file', take: (text) => operators.replace(text), clock, log });
    t.after(() => file.close());
    writeFileSync(path, `${list}own mallory token:\n`);
    await clock.advance(30_000);
    assert.equal(found(operators, `Bearer ${secret('ada')}`)?.name, 'ada');
    assert.match(logged.join('\n'), /config\.refused.*line 5 is not/);
    assert.doesNotMatch(logged.join('\n'), /mallory|token-0123/);
    writeFileSync(path, `own ada sha256:${sha256(secret('ada'))}\n`);
    await clock.advance(30_000);
    assert.equal(found(operators, `Bearer ${secret('ada')}`)?.role, Role.OWN);
    assert.equal(found(operators, `Bearer ${secret('bob')}`), undefined);
  });
});
