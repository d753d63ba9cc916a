// How a failure is defined: its data as a type, what a retry is worth, and one sentence built from the data.
// The sentence says what happened, the facts, what to try. It never holds input, witness or key bytes: the data has none.

/** `transient`: the same call may succeed later. `permanent`: it never will. `bug`: ours, and logged with its cause. */
export type Retry = 'transient' | 'permanent' | 'bug';

/** The failure that led to another one. Its code is open here, because the closed union is made of the definitions. */
export interface FormerFailure {
  readonly code: string;
  readonly retry: Retry;
}

export type Sentence<Data> = (data: Readonly<Data>, sentenceOf: (former: FormerFailure) => string) => string;

export interface Definition<Data> {
  readonly retry: Retry;
  readonly sentence: Sentence<Data>;
}

/** The default is no data at all. */
export const failure = <Data = object>(retry: Retry, sentence: Sentence<Data>): Definition<Data> => ({
  retry,
  sentence,
});
