// A list in a text file: one entry a line, blank lines and comments left out.

/**
 * The entries of `text`, in order. `parse` answers undefined for what is none; `form` says what it should be. Throws an Error that
 * names the line and nothing of what stands there: it may be a secret with a typing error.
 */
export function parseLines<T>(
  text: string,
  { parse, form, most }: { parse: (entry: string) => T | undefined; form: string; most: number },
): T[] {
  const entries: T[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const entry = line.replace(/(^|\s)#.*$/, '').trim();
    if (entry === '') continue;
    const parsed = parse(entry);
    if (parsed === undefined) throw new Error(`line ${index + 1} is not ${form}`);
    if (entries.length === most)
      throw new Error(`line ${index + 1} is one entry more than the ${most} that it may have`);
    entries.push(parsed);
  }
  // An empty list is far more often a half-written or wrong file than the wish to lock everybody out.
  if (entries.length === 0) throw new Error('it has no entries');
  return entries;
}
