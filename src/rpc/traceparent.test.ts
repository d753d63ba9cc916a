// What counts as a trace of a client, and that nothing else does.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { traceparentOf } from './traceparent.js';

const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];

it('a traceparent is taken in the one form that W3C gives it, and passed over in every other', () => {
  for (const flags of ['00', '01', 'ff']) {
    const traceparent = `00-${trace}-${span}-${flags}`;
    assert.deepEqual(traceparentOf({ traceparent }), { traceparent });
  }
  const whole = `00-${trace}-${span}-01`;
  for (const wrong of [
    undefined,
    '',
    whole.toUpperCase(),
    ` ${whole}`,
    `${whole}\n`,
    `${whole}-00`,
    `${whole}, ${whole}`,
    `ff-${trace}-${span}-01`,
    `01-${trace}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.slice(1)}-${span}-01`,
    `00-${trace}-${span}-1`,
    `00-${trace}-${span}-0g`,
    'x'.repeat(100_000),
  ])
    assert.deepEqual(traceparentOf({ traceparent: wrong }), {}, wrong?.slice(0, 80));
  assert.deepEqual(traceparentOf({ traceparent: [whole, whole] as never }), {});
});
