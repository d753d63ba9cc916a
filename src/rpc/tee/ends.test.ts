import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestId } from '../../ids.js';
import type { RequestView } from '../../machines/request/view.js';
import type { Registry } from '../../requests/registry.js';
import { sampleRequestId } from '../../testkit/sampleIds.js';
import { createEnds } from './ends.js';

function scriptedRegistry() {
  const views = new Map<RequestId, RequestView>();
  const listeners = new Set<(view: RequestView) => void>();
  const registry: Pick<Registry, 'view' | 'onChange'> = {
    view: (id) => views.get(id),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const become = (requestId: RequestId, state: string) => {
    const view = { state, request: { requestId } } as unknown as RequestView;
    views.set(requestId, view);
    for (const listener of listeners) listener(view);
    return view;
  };
  return { registry, become, listeners };
}
const unending = new AbortController().signal;

test('T44: a thousand wait behind one listener, each for its own request, and one that leaves is forgotten', async () => {
  const { registry, become, listeners } = scriptedRegistry();
  const ends = createEnds(registry);
  const ids = Array.from({ length: 500 }, () => sampleRequestId());
  for (const id of ids) become(id, 'executing');
  const left = new AbortController();
  const waits = ids.map((id) => ends.of(id, unending));
  const leaving = ids.map((id) => ends.of(id, left.signal));
  assert.deepEqual([ends.waiting, listeners.size], [1_000, 1]);
  left.abort();
  assert.equal(ends.waiting, 500);
  assert.deepEqual(new Set(await Promise.all(leaving)), new Set(['open']));
  for (const id of ids) become(id, 'signing');
  assert.equal(ends.waiting, 500);
  const last = ids.map((id) => become(id, 'fulfilled'));
  assert.deepEqual(await Promise.all(waits), last);
  assert.equal(ends.waiting, 0);
});

test('an end that was is answered at once, an unknown request too, and a stop tells all that it is open', async () => {
  const { registry, become, listeners } = scriptedRegistry();
  const ends = createEnds(registry);
  const [ended, open, unknown] = [sampleRequestId(), sampleRequestId(), sampleRequestId()];
  const view = become(ended, 'cancelled');
  assert.equal(await ends.of(ended, unending), view);
  assert.equal(await ends.of(unknown, unending), 'unknown');
  become(open, 'executing');
  assert.equal(await ends.of(open, AbortSignal.abort()), 'open');
  const held = ends.of(open, unending);
  ends.close();
  assert.equal(await held, 'open');
  assert.deepEqual([ends.waiting, listeners.size], [0, 0]);
});
