// Failure → gRPC status. Which code a failure has stands beside the failures: this file knows none of them by name.
import type { Failure } from '../../failures/catalog.js';
import { grpcCodeOf } from '../../failures/grpcCode.js';
import { sentenceOf } from '../../failures/sentenceOf.js';
import { code, type Status } from './code.js';

export const grpcStatusOf = (failure: Failure): Status => ({
  code: code[grpcCodeOf(failure)],
  details: sentenceOf(failure),
});
