// The demonstration as a command: prints it, and ends with 0 only if all of it held.
import { demonstrate } from './demo.js';
import { createReport } from './report.js';

const report = createReport((text) => void process.stdout.write(`${text}\n`));
await demonstrate({ report });
process.exitCode = report.end() ? 0 : 1;
