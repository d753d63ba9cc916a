import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArtifactId, RequestId } from '../ids.js';
import type { RequestView } from '../machines/request/view.js';
import { sampleArtifactId, sampleRequestId } from '../testkit/sampleIds.js';
import { proofVisibility } from './proofVisibility.js';

test('a proof is visible when its request is fulfilled with this very proof, and not before', () => {
  const [proof, other] = [sampleArtifactId(), sampleArtifactId()];
  const requestId = sampleRequestId();
  const visibleWith = (view: object | undefined, references: readonly string[] | undefined = [requestId]) =>
    proofVisibility(
      { lookup: (id: ArtifactId) => (id === proof ? references && { references } : undefined) },
      { view: (id: RequestId) => (id === requestId ? (view as RequestView) : undefined) },
    );
  assert.ok(visibleWith({ state: 'fulfilled', proof: { id: proof } })(proof));
  assert.ok(!visibleWith({ state: 'fulfilled', proof: { id: other } })(proof), 'an earlier try at it');
  assert.ok(!visibleWith({ state: 'fulfilled', proof: { id: proof } })(other), 'of which there is no record');
  for (const state of ['verifying', 'proving', 'failed', 'cancelled', 'expired'])
    assert.ok(!visibleWith({ state, proof: { id: proof } })(proof), state);
  assert.ok(!visibleWith(undefined)(proof), 'of a request that is unknown');
  assert.ok(!visibleWith({ state: 'fulfilled', proof: { id: proof } }, [])(proof), 'that nothing references');
});
