// Thrown by the parsers of this folder when foreign bytes break their format; the worker's entry turns it into a Failure.

/** `problem` is a clause that completes "the upload is malformed: …"; it never quotes the bytes. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
  constructor(readonly problem: string) {
    super(problem);
  }
}
