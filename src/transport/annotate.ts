// What a listener adds to the head of every answer, refusals included: headers of HTTP, initial metadata of gRPC. Without such a hook
// nothing of this runs.
import { type IncomingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { failureFrom } from '../failures/failureFrom.js';
import { failed, type Outcome, succeeded } from '../failures/outcome.js';
import type { Log } from '../log.js';
import { systemRandom, uuidOf } from '../random.js';
import type { Connection } from './connection.js';

/** Names in lower case. The answer's own headers win. Keep all of them within some kilobytes: clients and proxies cut off more. */
export type Annotations = Readonly<Record<string, string>>;

/**
 * Asked before anything is done with a request, with its headers as received: one that comes twice has both values with `, ` between them.
 * Bytes that are not a request have no headers. A promise is awaited, so that an answer can hold what takes a second to make. The hook
 * has to bound its own time. A Failure that it throws is the answer, and nothing else has been done by then.
 */
export type Annotate = (headers: IncomingHttpHeaders, connection: Connection) => Annotations | Promise<Annotations>;

/** Never throws or rejects. */
export type Annotator = (
  headers: IncomingHttpHeaders,
  connection: Connection,
) => Outcome<Annotations> | Promise<Outcome<Annotations>>;

export const none: Outcome<Annotations> = succeeded({});

export function createAnnotator(annotate: Annotate, log: Log, random = systemRandom): Annotator {
  const refused = (thrown: unknown): Outcome<never> => {
    const failure = failureFrom(thrown, uuidOf(random));
    if (failure.code === 'INTERNAL') {
      const facts = { event: 'annotation.failed', reference: failure.reference, err: thrown };
      log.error(facts, 'unexpected error in what is added to answers');
    }
    return failed(failure);
  };
  /** Most answers get the same additions again and again: those are looked at once. */
  const known = new WeakMap<Annotations, Outcome<Annotations>>();
  const checked = (added: Annotations): Outcome<Annotations> => {
    const seen = known.get(added);
    if (seen !== undefined) return seen;
    const outcome = check(added);
    known.set(added, outcome);
    return outcome;
  };
  const check = (added: Annotations): Outcome<Annotations> => {
    try {
      for (const [name, value] of Object.entries(added)) {
        validateHeaderName(name);
        validateHeaderValue(name, value);
      }
      return succeeded(added);
    } catch (error) {
      return refused(error);
    }
  };
  return (headers, connection) => {
    try {
      const added = annotate(headers, connection);
      return added instanceof Promise ? added.then(checked, refused) : checked(added);
    } catch (error) {
      return refused(error);
    }
  };
}
