// What is not known about the real network. Each is a switch, so that the suites run with either answer, and no code has to guess.

export interface Switches {
  /** The code of a wrong nonce. Its text is always the same. */
  readonly nonceCode: 'unavailable' | 'aborted';
  /** Whether a call that is refused for another reason uses its nonce up. */
  readonly nonceConsumedOnRefusal: boolean;
  /** Which of two things that are wrong with a call is said. */
  readonly judgedFirst: 'nonce' | 'state';
  /** Verifies signatures over bodies that were decoded and encoded again, too. */
  readonly reencode: boolean;
  /** How ids of requests are made. */
  readonly requestIds: 'keccak' | 'random';
  readonly programPublicUri: 'set' | 'empty';
  /** What GetProgram names: its place in the network's store, or a URL from which anybody may fetch it. */
  readonly programUri: 'store' | 'public';
  readonly duplicateProgram: 'accept' | 'refuse';
  /** A proof after its deadline. */
  readonly lateFulfil: 'accept' | 'refuse';
  /** A second proof of the same request. */
  readonly repeatFulfil: 'accept' | 'refuse';
  /** The code for a prover to whom the request is not assigned. */
  readonly foreignFulfil: 'permissionDenied' | 'failedPrecondition' | 'notFound';
  /** ExecuteProof and FailExecution by the prover of a request. */
  readonly proverMayFailExecution: 'accept' | 'refuse';
  /** Of the requests that it takes. */
  readonly circuits: 'any' | 'v5';
  /** Largest message that is read (bytes). */
  readonly messageLimitBytes: number;
  /** What an assigned request shows past its deadline. */
  readonly expiredAs: 'expired' | 'assigned';
  /** An input whose URI is neither https nor of the network's own store. */
  readonly unknownStdinScheme: 'accept' | 'refuse';
  /** A request is nobody's for so long (ms). */
  readonly assignAfterMs: number;
}

export const usualSwitches: Switches = {
  nonceCode: 'unavailable',
  nonceConsumedOnRefusal: false,
  judgedFirst: 'nonce',
  reencode: false,
  requestIds: 'keccak',
  programPublicUri: 'set',
  programUri: 'store',
  duplicateProgram: 'accept',
  lateFulfil: 'refuse',
  repeatFulfil: 'refuse',
  foreignFulfil: 'permissionDenied',
  proverMayFailExecution: 'refuse',
  circuits: 'any',
  messageLimitBytes: 64 * 2 ** 20,
  expiredAs: 'expired',
  unknownStdinScheme: 'accept',
  assignAfterMs: 0,
};
