// The body of an answer that says no: the code and one sentence of what to do, and nothing of our insides.
import type { Failure } from '../../failures/catalog.js';
import { sentenceOf } from '../../failures/sentenceOf.js';

export const errorBody = (failure: Failure) => ({ error: { code: failure.code, message: sentenceOf(failure) } });
