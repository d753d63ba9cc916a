// The only error of the gzip decoder; its message ends a sentence.
export class GzipError extends Error {
  constructor(
    message: string,
    /** More than the bound, and perhaps not malformed at all. */
    readonly isTooLong = false,
  ) {
    super(message);
  }
}
