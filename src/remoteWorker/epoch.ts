// A worker's life under one epoch: its lanes ask for jobs, and its heartbeats keep them. It is over when the front does not know it any
// more, or has not answered for as long as a lease. Then its jobs are given up: by then the front gives them to others.
import { status } from '@grpc/grpc-js';
import type { Clock } from '../clock.js';
import { type RegisterResponse, Work } from '../gen/work/v1/work_pb.js';
import type { Lane } from '../lanes/lane.js';
import type { Log } from '../log.js';
import { pause } from '../pause.js';
import { type FrontLink, LinkFailed } from './frontLink.js';
import type { Scratch } from './inputs.js';
import { LaneLoop } from './laneLoop.js';

export interface EpochParameters {
  readonly lanes: readonly Lane[];
  readonly link: FrontLink;
  readonly granted: RegisterResponse;
  readonly scratch: Scratch;
  readonly clock: Clock;
  readonly log: Log;
}

/** How much longer than the front holds a heartbeat its answer may take. */
const slackMs = 5_000;
const againMs = 1_000;
const leaveTimeoutMs = 2_000;

/** Resolves when it is over. Rejects with the LinkFailed that ends the worker. */
export async function liveEpoch(about: EpochParameters, stopped: AbortSignal): Promise<void> {
  const { lanes, link, granted, log } = about;
  const over = new AbortController();
  const ended = AbortSignal.any([stopped, over.signal]);
  let ring = () => {};
  const onNews = () => ring();
  const loops = lanes.map((lane) => new LaneLoop({ ...about, lane, epoch: granted.epoch, onNews }));
  const running = loops.map((loop) => loop.run(ended));
  try {
    await heartbeats(about, loops, {
      over,
      ended,
      onRing: (rung) => {
        ring = rung;
      },
    });
  } finally {
    // First of all: what it has is done elsewhere while its engines are ended.
    if (stopped.aborted) await leave(link, granted.epoch);
    over.abort();
    await Promise.all(running);
    log.info({ event: 'work.epoch_over', epoch: granted.epoch }, 'no job of this epoch is worked on any more');
  }
}

async function heartbeats(
  { lanes, link, granted, clock, log }: EpochParameters,
  loops: readonly LaneLoop[],
  {
    over,
    ended,
    onRing,
  }: { readonly over: AbortController; readonly ended: AbortSignal; readonly onRing: (ring: () => void) => void },
): Promise<void> {
  const { epoch, leaseMs, holdMs } = granted;
  let news = new AbortController();
  const tell = () => news.abort();
  onRing(tell);
  const unsubscribe = lanes.map((lane) => lane.onChange(tell));
  let fence = () => {};
  const heard = (sentAt: number) => {
    fence();
    // Counted from when it was sent: the front counts from when it arrived.
    fence = clock.wakeIn(leaseMs - (clock.steady() - sentAt), () => over.abort());
  };
  heard(clock.steady());
  try {
    while (!ended.aborted) {
      news = new AbortController();
      const sentAt = clock.steady();
      const options = { signal: AbortSignal.any([ended, news.signal]), timeoutMs: holdMs + slackMs };
      try {
        const said = { epoch, lanes: present(loops, 'offer'), running: present(loops, 'running') };
        const { cancelled } = await link.call(Work.method.heartbeat, said, options);
        heard(sentAt);
        for (const lease of cancelled) for (const loop of loops) loop.cancel(lease);
      } catch (error) {
        if (!(error instanceof LinkFailed)) throw error;
        if (ended.aborted || error.code === status.NOT_FOUND) return;
        if (error.isFinal) throw error;
        if (news.signal.aborted) continue;
        log.warn({ event: 'work.unheard', err: error }, 'the front did not answer');
        await pause(clock, againMs, ended);
      }
    }
  } finally {
    fence();
    for (const each of unsubscribe) each();
  }
}

const present = <K extends 'offer' | 'running'>(loops: readonly LaneLoop[], what: K) =>
  loops.flatMap((loop) => {
    const found = loop[what];
    return found === undefined ? [] : [found as NonNullable<LaneLoop[K]>];
  });

const leave = (link: FrontLink, epoch: string): Promise<unknown> =>
  link
    .call(Work.method.leave, { epoch }, { signal: new AbortController().signal, timeoutMs: leaveTimeoutMs })
    .catch(() => undefined);
