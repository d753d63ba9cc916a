// The state of a machine as people say it: `proving.backingOff` for XState's nested objects.

/** `wrapping`: states that only hold others together, and are left out. */
export function pathOfState(value: unknown, wrapping: readonly string[]): string {
  const parts: string[] = [];
  let rest = value;
  while (typeof rest === 'object' && rest !== null) {
    const [name, inner] = Object.entries(rest)[0] ?? [];
    if (name === undefined) break;
    parts.push(name);
    rest = inner;
  }
  if (typeof rest === 'string') parts.push(rest);
  return parts.filter((part) => !wrapping.includes(part)).join('.');
}
