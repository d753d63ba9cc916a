// How figures and foreign texts are written in the sentences of failures.

/** Decimal units, one digit after the point. */
export const inBytes = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;

export const inTime = (epochMs: number): string => new Date(epochMs).toISOString();

/** Foreign texts end with a full stop, or do not. */
export const sentences = (first: string, more: readonly (string | undefined)[]): string =>
  [first, ...more]
    .filter((text) => text !== undefined && text !== '')
    .map((text) => `${text?.replace(/[.\s]+$/, '')}.`)
    .join(' ');
