// The metrics of a service that was started with `--metrics-listen 127.0.0.1:0`.
import { samplesOf } from './prometheusText.js';
import type { ServiceProcess } from './serviceRig.js';

export const metricsListen = { 'metrics-listen': '127.0.0.1:0' } as const;

/** As `samplesOf` has them. */
export async function metricsOf(service: ServiceProcess): Promise<Map<string, number>> {
  const { text } = await service.until(({ event }) => event === 'metrics.listening');
  const { port } = JSON.parse(text) as { port: number };
  return samplesOf(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
}
