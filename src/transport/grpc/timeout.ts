// The header in which some clients say how long they wait. SDKs send none.

const unitMs = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 } as const;

/** At most 8 digits and a unit (grpc.io, "gRPC over HTTP2"). Undefined when absent, and for what is no timeout: then there is none. */
export function parseTimeout(header: string | string[] | undefined): number | undefined {
  const found = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null;
  return found === null ? undefined : Math.ceil(Number(found[1]) * unitMs[found[2] as keyof typeof unitMs]);
}
