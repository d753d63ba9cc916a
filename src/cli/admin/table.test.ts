// Whatever stands in a table or a sentence, no line is longer than a terminal of 100 columns, and what fits is whole.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cut, table, wrapped } from './table.js';

const columns = 100;
const widthOf = (line: string) => [...line].length;

describe('tables of sealed-prover admin', () => {
  it('are cut at 100 columns, with a mark, whatever is in their cells', () => {
    for (const long of ['x'.repeat(5_000), 'é…→'.repeat(200), '\u{1F680}'.repeat(300)]) {
      const lines = table(
        ['ID', 'WHAT', 'LAST'],
        [
          ['…3fa94c21', long, 'end'],
          ['…81d20b7e', 'short', 'end'],
        ],
      );
      for (const line of lines) assert.ok(widthOf(line) <= columns, String(widthOf(line)));
      assert.match(lines[1] ?? '', /^…3fa94c21 {2}.*…$/u);
    }
  });

  it('have columns as wide as what is in them, and no blanks at the end of a line', () => {
    assert.deepEqual(table(['ID', 'WHAT'], [['1', 'a longer one'], ['22', 'b'], ['333']]), [
      'ID   WHAT',
      '1    a longer one',
      '22   b',
      '333',
    ]);
    assert.equal(cut('x'.repeat(columns)), 'x'.repeat(columns));
  });

  it('have sentences below them that are broken between words, and longer words in pieces, with nothing lost', () => {
    const head = '  such as   ';
    for (const text of [
      'a few words',
      'word '.repeat(100).trim(),
      'y'.repeat(1_000),
      `0x${'ab'.repeat(32)} `.repeat(3).trim(),
    ]) {
      const lines = wrapped(text, head);
      assert.ok(lines[0]?.startsWith(head));
      for (const line of lines) assert.ok(widthOf(line) <= columns, line);
      assert.equal(
        lines
          .map((line) => line.slice(head.length))
          .join('')
          .replaceAll(' ', ''),
        text.replaceAll(' ', ''),
      );
    }
  });
});
