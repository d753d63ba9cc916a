// Thrown by the parsers of uploads when foreign bytes break their format. The worker's entry turns it into a Failure.

/** `problem` is a clause that completes "the upload is malformed: …". It never quotes the bytes. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
  constructor(readonly problem: string) {
    super(problem);
  }
}
