// How long a worker may keep a job without a word, and how long its calls are held.

export interface LeaseTimes {
  /** How long a worker without an answer of ours goes on with what it has. */
  readonly leaseMs: number;
  /** So much longer we wait, so that no job is worked on at two places. It covers the way of a call, and clocks that differ in pace. */
  readonly graceMs: number;
  /** How long a heartbeat is held. Six of them are a lease, so that single ones may be lost. */
  readonly holdMs: number;
  /** How long a question for a job is held. */
  readonly askMs: number;
}

export const leaseTimes: LeaseTimes = { leaseMs: 30_000, graceMs: 5_000, holdMs: 5_000, askMs: 25_000 };
