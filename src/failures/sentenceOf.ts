// The sentence of a failure, as users see it.
import { definitions, type Failure, type FailureCode } from './catalog.js';
import type { FormerFailure, Sentence } from './define.js';

export const sentenceOf = (failure: Failure): string => sentenceOfAny(failure);

/** The code and the data come from the same record, which the types of one lookup cannot say. */
function sentenceOfAny(failure: FormerFailure): string {
  const sentence = definitions[failure.code as FailureCode].sentence as Sentence<FormerFailure>;
  return sentence(failure, sentenceOfAny);
}
