// Titles of tests cite rules and checks by number: docs/wire-rules.md has each of them, and no others.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

type Kind = 'rule' | 'check';

/** `check 1, rules 1 and 5` in a title cites check 1, rule 1 and rule 5. */
function citedIn(title: string, kind: Kind): number[] {
  const citations = title.matchAll(new RegExp(`\\b${kind}s? (\\d+(?:(?:, | and )\\d+)*)`, 'g'));
  return [...citations].flatMap(([, numbers = '']) => numbers.split(/, | and /).map(Number));
}

/** Rules of the public network, which have numbers of their own. */
const ofTheNetwork = /^(?:test\/network|src\/network|src\/testkit\/fakeNetwork|src\/machines\/delivery)\//;

function titles(): string[] {
  const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root });
  return files
    .filter((path) => !ofTheNetwork.test(path))
    .flatMap((path) =>
      [...read(path).matchAll(/\b(?:it|describe)\(\s*(['"`])(.*?)\1,/g)].map(([, , title = '']) => title),
    );
}

/** In the order of the page. */
function named(kind: Kind): number[] {
  const [, section = ''] = read('docs/wire-rules.md').split(kind === 'rule' ? '## Rules' : '## Checks');
  const [table = ''] = section.split('\n## ');
  return [...table.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
}

describe('the rules of the wire', () => {
  for (const kind of ['rule', 'check'] as const) {
    it(`has each ${kind} that the title of a test cites, in order, and none that no title cites`, () => {
      const cited = new Set(titles().flatMap((title) => citedIn(title, kind)));
      assert.deepEqual(
        named(kind),
        [...cited].sort((a, b) => a - b),
      );
    });
  }

  it('are cited alone, in lists, and beside checks', () => {
    assert.deepEqual(citedIn('check 1, rules 1, 5 and 12: of 20', 'rule'), [1, 5, 12]);
    assert.deepEqual(citedIn('check 16, rule 13: ends', 'check'), [16]);
  });
});
