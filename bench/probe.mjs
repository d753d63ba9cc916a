// Loaded into the service's main thread with `--import`: the service itself is the unmodified one. Over IPC it answers with its event
// loop's delay, its processor time and what it has written to files and sockets, since the last reset.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

// Worker threads inherit `--import`.
if (isMainThread && process.send !== undefined) {
  const resolutionMs = 1;
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  // Linux alone has it. What was passed to the system and not `write_bytes`, which counts what that has made dirty: the whole of a large
  // folio of the page cache for each page in it, five times as much, and nothing of what an earlier commit has left dirty.
  const writtenBytes = () => {
    try {
      return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
    } catch {
      return Number.NaN;
    }
  };
  let cpu = process.cpuUsage();
  let written = writtenBytes();
  process.on('message', (message) => {
    if (message === 'reset') {
      delay.reset();
      cpu = process.cpuUsage();
      written = writtenBytes();
      process.send({ reset: true });
    } else if (message === 'read') {
      // A sample is the time between two ticks, of which the resolution is no delay.
      const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
      const { user, system } = process.cpuUsage(cpu);
      process.send({
        p50: ms(delay.percentile(50)),
        p99: ms(delay.percentile(99)),
        max: ms(delay.max),
        cpuSeconds: (user + system) / 1e6,
        writtenBytes: writtenBytes() - written,
      });
    }
  });
  // The channel must not keep a service alive that was asked to stop.
  process.channel?.unref();
}
