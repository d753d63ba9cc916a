// Which requests a list is of.

import { durationMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { requestModes } from '../../engines/jobs.js';
import { definitions } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Filter } from '../../gen/admin/v1/requests_pb.js';
import { parseAddress, parseVkHash } from '../../ids.js';
import { reasonCodes } from '../../machines/reasons/reason.js';
import { phases, type RequestView, requestStates } from '../../machines/request/view.js';
import { printable } from '../../printable.js';
import type { Look } from '../../requests/why/why.js';

/** `look`, `needs` (whether one needs a person) and `now` (epoch ms): of this call. Throws NOT_UNDERSTOOD: a word that nothing can match would show an empty list and hide the mistake. */
export function matcherOf(
  filter: Filter | undefined,
  look: Look,
  { needs, now }: { readonly needs: (view: RequestView) => boolean; readonly now: number },
): (view: RequestView) => boolean {
  if (filter === undefined) return () => true;
  const states = setOf('filter.states', filter.states, requestStates);
  const inPhases = setOf('filter.phases', filter.phases, phases);
  const modes = setOf('filter.modes', filter.modes, requestModes);
  const codes = setOf('filter.failure_codes', filter.failureCodes, Object.keys(definitions));
  const reasons = setOf('filter.reasons', filter.reasons, reasonCodes);
  const requester = parsed('filter.requester', filter.requester, parseAddress, 'an address has 40 hex digits');
  const vkHash = parsed('filter.vk_hash', filter.vkHash, parseVkHash, 'a hash has 64 hex digits');
  const from = filter.createdFrom && timestampMs(filter.createdFrom);
  const to = filter.createdTo && timestampMs(filter.createdTo);
  const { laneId, minAttempts, needsYou, waitingLongerThan } = filter;
  const since = waitingLongerThan && now - durationMs(waitingLongerThan);
  return (view) => {
    const { request, state } = view;
    const phase = 'phase' in view ? view : undefined;
    const lane = 'lane' in view ? view.lane : undefined;
    return (
      (states === undefined || states.has(state)) &&
      (inPhases === undefined || (phase !== undefined && inPhases.has(phase.phase))) &&
      (modes === undefined || modes.has(request.mode)) &&
      (codes === undefined || ('failure' in view && codes.has(view.failure.code))) &&
      (requester === undefined || request.requester === requester) &&
      (vkHash === undefined || request.vkHash === vkHash) &&
      (from === undefined || request.createdAt >= from) &&
      (to === undefined || request.createdAt <= to) &&
      (laneId === '' || lane === laneId) &&
      (phase?.attempt ?? 0) >= minAttempts &&
      (since === undefined || (waits(view) && view.updatedAt < since)) &&
      (reasons === undefined || reasons.has(look.codeOf(view) ?? '')) &&
      (!needsYou || needs(view))
    );
  };
}

const waits = (view: RequestView) => view.state === 'requested' || ('phase' in view && view.phase === 'waiting');

export function setOf(
  field: string,
  given: readonly string[],
  known: readonly string[],
): ReadonlySet<string> | undefined {
  const strange = given.find((word) => !known.includes(word));
  if (strange !== undefined) {
    const choices = known.length > mostChoices ? 'see docs/operating.md' : `there are ${known.join(', ')}`;
    throw new FailureError(fail('NOT_UNDERSTOOD', { field, problem: `${shown(strange)} is none of them, ${choices}` }));
  }
  return given.length === 0 ? undefined : new Set(given);
}

const mostChoices = 10;

export function parsed<T>(
  field: string,
  given: string,
  parse: (text: string) => T | undefined,
  form: string,
): T | undefined {
  if (given === '') return undefined;
  const found = parse(given);
  if (found === undefined) throw new FailureError(fail('NOT_UNDERSTOOD', { field, problem: form }));
  return found;
}

const shown = (text: string) => `"${printable(text, 40)}"`;
