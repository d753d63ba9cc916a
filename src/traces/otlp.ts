// Spans as OTLP 1 has them, in JSON (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding"): ids in hex, 64-bit integers as text.
import type { EpochMs } from '../clock.js';
import type { Attributes, Span } from './span.js';

const serviceName = 'sealed-prover';

/** Of `Span.SpanKind` and `Status.StatusCode` in opentelemetry/proto/trace/v1. */
const internal = 1;
const statusError = 2;

const nanosOf = (at: EpochMs) => `${Math.trunc(at)}000000`;

const anyValue = (value: string | bigint | boolean) =>
  typeof value === 'bigint'
    ? { intValue: String(value) }
    : typeof value === 'boolean'
      ? { boolValue: value }
      : { stringValue: value };

const listed = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));

/** One span, as text. */
export const encodeSpan = ({
  traceId,
  spanId,
  parentId,
  name,
  from,
  to,
  attributes,
  moments = [],
  error,
}: Span): string =>
  JSON.stringify({
    traceId,
    spanId,
    ...(parentId !== undefined && { parentSpanId: parentId }),
    name,
    kind: internal,
    startTimeUnixNano: nanosOf(from),
    endTimeUnixNano: nanosOf(to),
    attributes: listed(attributes),
    events: moments.map(({ at, name, attributes }) => ({
      timeUnixNano: nanosOf(at),
      name,
      attributes: listed(attributes),
    })),
    ...(error !== undefined && { status: { code: statusError, message: error } }),
  });

/** An ExportTraceServiceRequest of spans that are encoded. */
export function exportRequest(spans: readonly string[], version: string): string {
  const resource = { attributes: listed({ 'service.name': serviceName, 'service.version': version }) };
  const scope = { name: serviceName, version };
  return `{"resourceSpans":[{"resource":${JSON.stringify(resource)},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[${spans.join(',')}]}]}]}`;
}
