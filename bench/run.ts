// `npm run bench`: runs the parts that were asked for, one after the other, and prints one table (or JSON). Writes nothing that stays.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureAttestation } from './attestation.js';
import { type Figure, isMissed, tableOf } from './figures.js';
import { measureHolding } from './holding.js';
import { measureHoldingSdk } from './holdingSdk.js';
import { measureIntake } from './intake.js';
import { measureLatency } from './latency.js';
import { measureNetwork } from './network.js';
import { measureOperators } from './operators.js';
import { measurePage } from './page.js';
import { measureReal } from './real.js';
import { measureRestart } from './restart.js';
import type { Part } from './setting.js';
import { measureTee } from './tee.js';
import { measureUploads } from './uploads.js';
import { measureWire } from './wire.js';

const parts: Readonly<Record<string, Part>> = {
  intake: measureIntake,
  latency: measureLatency,
  holding: measureHolding,
  wire: measureWire,
  restart: measureRestart,
  upload: measureUploads,
  attestation: measureAttestation,
  tee: measureTee,
  network: measureNetwork,
  operators: measureOperators,
  page: measurePage,
};

const usage = `Usage: npm run bench -- [PART …] [OPTIONS]

Parts: ${Object.keys(parts).join(', ')} (default: all of these; intake includes polls)

  --real            the stock SDK's waits, and the real engine beside the SDK's own prover, instead (minutes)
  --quick           a tenth of the samples
  --json            JSON instead of a table
  --beside URL      another server that speaks the network's wire, under the same load after ours (intake and polls)
  --service FILE    another build's cli.js (default: dist/cli.js)
`;

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        real: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        beside: { type: 'string' },
        service: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

const { values, positionals } = options();
const unknown = positionals.find((name) => parts[name] === undefined);
if (unknown !== undefined || values.help) {
  process.stderr.write(unknown === undefined ? usage : `There is no part ${unknown}.\n\n${usage}`);
  process.exit(unknown === undefined ? 0 : 2);
}
const cli = resolve(values.service ?? fileURLToPath(new URL('../dist/cli.js', import.meta.url)));
if (!existsSync(cli)) {
  process.stderr.write(`There is no ${cli}. Build it with: npm run build\n`);
  process.exit(1);
}

const beside = values.beside === undefined ? undefined : URL.parse(values.beside);
if (beside === null) {
  process.stderr.write(`--beside ${values.beside} is no URL.\n`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'sealed-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

const chosen = values.real
  ? [measureHoldingSdk, measureReal]
  : Object.entries(parts)
      .filter(([name]) => positionals.length === 0 || positionals.includes(name))
      .map(([, part]) => part);
const say = (line: string) => process.stderr.write(`… ${line}\n`);
const figures: Figure[] = [];
for (const part of chosen) figures.push(...(await part({ cli, folder, scale: values.quick ? 0.1 : 1, beside, say })));

const machine = `${availableParallelism()} × ${cpus()[0]?.model.trim()}, Node ${process.version}`;
if (values.json) process.stdout.write(`${JSON.stringify({ machine, figures }, null, 2)}\n`);
else {
  const missed = figures.filter(isMissed).length;
  process.stdout.write(`${tableOf(figures)}\n${machine}. The load generator shares it with the service.\n`);
  process.stdout.write(missed === 0 ? 'Every aim is met.\n' : `${missed} aims are missed here.\n`);
}
process.exit(0);
