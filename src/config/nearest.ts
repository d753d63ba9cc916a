// The known name that is close to a misspelt one, so that an error can name what was probably meant, or nothing.

/** By edit distance, or one that continues the other by whole words; the first of several equally near. Undefined: none is near. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const wordsOfGiven = wordsOf(given);
  let best: string | undefined;
  // A letter in three may be wrong: more of them are another word.
  let least = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance < least) [best, least] = [name, distance];
  }
  return best ?? known.find((name) => beginsAlike(wordsOf(name), wordsOfGiven));
}

/** `maxStdinSize`, `MAX_STDIN_SIZE`, `max-stdin-size` → max, stdin, size. */
const wordsOf = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');

function beginsAlike(a: readonly string[], b: readonly string[]): boolean {
  const shorter = Math.min(a.length, b.length);
  return shorter > 0 && a.slice(0, shorter).every((word, i) => word === b[i]);
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
