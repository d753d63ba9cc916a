// How long the tasks of a page's main thread are, as its browser traces them: by the wall's clock, which counts what other processes took of
// the machine meanwhile, and by processor time.
import type { CDPSession } from 'playwright-core';

export interface Tasks {
  /** The longest of each slice of time (ms). */
  readonly wall: number[];
  readonly processor: number[];
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** All in microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

export async function mainTasks(session: CDPSession, sliceMs: number, act: () => Promise<void>): Promise<Tasks> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  const includedCategories = ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline'];
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } });
  await act();
  await session.send('Tracing.end');
  await complete;
  const ofPage = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const wall = new Map<number, number>();
  const processor = new Map<number, number>();
  const longer = (longest: Map<number, number>, slice: number, us: number) =>
    longest.set(slice, Math.max(longest.get(slice) ?? 0, us / 1_000));
  for (const { name, pid, tid, ts, dur = 0, tdur = 0 } of events) {
    if (!/RunTask$/.test(name) || !ofPage.has(`${pid} ${tid}`)) continue;
    const slice = Math.floor(ts / 1_000 / sliceMs);
    longer(wall, slice, dur);
    longer(processor, slice, tdur);
  }
  if (wall.size === 0) throw new Error('the browser has traced no task');
  return { wall: [...wall.values()], processor: [...processor.values()] };
}
