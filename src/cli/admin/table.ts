// A table for a person, of at most 100 columns: a heading, a line a row, columns as wide as what is in them.

const columns = 100;
const gap = '  ';

/** `isWhole`: lines are as long as what is in them. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { isWhole = false }: { readonly isWhole?: boolean | undefined } = {},
): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all.map((row) => {
    const line = row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join(gap)
      .trimEnd();
    return isWhole ? line : cut(line);
  });
}

/** What does not fit ends with …; foreign text may be of any length. */
export const cut = (line: string, room = columns): string =>
  widthOf(line) <= room ? line : `${[...line].slice(0, room - 1).join('')}…`;

/** None of our texts has characters of double width. */
const widthOf = (text: string): number => [...text].length;
const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** A text in lines of at most 100 columns, the first behind `head` and the others below its end. A longer word is cut into several. */
export function wrapped(text: string, head = ''): string[] {
  const room = columns - widthOf(head);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => each.match(new RegExp(`.{1,${room}}`, 'gs')) ?? [])) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  const all = line === '' ? lines : [...lines, line];
  return all.map((each, index) => (index === 0 ? head : ' '.repeat(widthOf(head))) + each);
}

/** Names, `room` characters wide, and values below each other; a value that is undefined has no line. */
export const fieldLines = (fields: readonly (readonly [string, string | undefined])[], room = 12): string[] =>
  fields.flatMap(([name, value]) => (value === undefined ? [] : wrapped(value, `${name.padEnd(room)} `)));
