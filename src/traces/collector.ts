// Where traces go: a collector of OpenTelemetry, by OTLP over HTTP.

export interface CollectorAnswer {
  readonly status: number;
  /** It asks for so long a pause. */
  readonly retryAfterMs: number | undefined;
}

export interface Collector {
  /** Of this service, for the traces. */
  readonly version: string;
  /** Rejects when there is no answer, or the signal fires. */
  send(body: string, signal: AbortSignal): Promise<CollectorAnswer>;
}

/** `endpoint`: as OTEL_EXPORTER_OTLP_ENDPOINT has it, without a slash at its end. */
export const createCollector = (endpoint: string, version: string): Collector => ({
  version,
  async send(body, signal) {
    const answer = await fetch(`${endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      // What goes elsewhere was not configured.
      redirect: 'manual',
      signal,
    });
    // Nothing in it is of use, and it may have no end. The status is said already: what breaks now changes nothing.
    await answer.body?.cancel().catch(() => {});
    const seconds = answer.headers.get('retry-after') ?? '';
    return { status: answer.status, retryAfterMs: /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1_000 : undefined };
  },
});
