// A failure as operators read it.
import { definitions, type Failure } from '../../failures/catalog.js';
import { sentenceOf } from '../../failures/sentenceOf.js';

/** Records may hold a failure of a release that this one knows nothing of. */
export const problemOf = (failure: Failure) => ({
  code: failure.code,
  sentence: Object.hasOwn(definitions, failure.code) ? sentenceOf(failure) : '',
});
