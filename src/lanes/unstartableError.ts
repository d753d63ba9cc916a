// Why a lane has no engine to talk to.

/** There is no engine. The message completes the sentence "the engine …". */
export class UnstartableError extends Error {
  override readonly name = 'UnstartableError';
}
