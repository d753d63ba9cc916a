// Moments and spans are made of running time, which has parts of a millisecond. What is told must be read by protobuf all the same.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import { DurationSchema, durationMs, TimestampSchema, timestampMs } from '@bufbuild/protobuf/wkt';
import { moment, span } from './spans.js';

it('a moment and a span of any number of milliseconds are messages in binary and as JSON', () => {
  for (const ms of [0, 1, 1_700_000_000_123, 1_700_000_000_123.25, 1_700_000_000_999.75, 5_432.125]) {
    assert.equal(timestampMs(fromBinary(TimestampSchema, toBinary(TimestampSchema, moment(ms)))), Math.round(ms));
    assert.equal(timestampMs(fromJson(TimestampSchema, toJson(TimestampSchema, moment(ms)))), Math.round(ms));
    assert.equal(durationMs(fromBinary(DurationSchema, toBinary(DurationSchema, span(ms)))), Math.round(ms));
    assert.equal(durationMs(fromJson(DurationSchema, toJson(DurationSchema, span(ms)))), Math.round(ms));
  }
});
