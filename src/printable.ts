// Foreign text as it may stand in a log, a sentence or a terminal.

/** So many characters at most, and nothing but printable ASCII: whatever could move a cursor or begin a line is a question mark. */
export const printable = (text: string, longest: number): string =>
  text.slice(0, longest).replace(/[^\x20-\x7e]/g, '?');
