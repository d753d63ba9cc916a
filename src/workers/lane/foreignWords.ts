// Error texts of engines that are not ours, made fit for logs and answers. They are words of libraries, and those may quote what they
// were given: quotations, lists and long numbers go, the words between them stay.

const dots = '…';

/** Opened and never closed counts too: the text may have been cut. */
const quotations = [/"[^"]*(?:"|$)/g, /`[^`]*(?:`|$)/g, /\[[^\]]*(?:\]|$)/g, /\{[^}]*(?:\}|$)/g] as const;
/** Hex, base64, and decimal numbers that no count of bytes or shards has. */
const longRuns = /[0-9a-zA-Z+/=_-]*\d[0-9a-zA-Z+/=_-]{15,}/g;

export function withoutQuotations(text: string): string {
  const cut = quotations.reduce((rest, quotation) => rest.replace(quotation, dots), text);
  return cut.replace(longRuns, dots);
}
