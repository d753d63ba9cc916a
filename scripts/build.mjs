// `npm run build`: dist/ from the sources, always, with the compiler's complaints.
import { requireNode } from './setup/node.mjs';

await requireNode();
const { buildDist } = await import('./setup/dist.mjs');
const { checkout } = await import('./setup/folders.mjs');
const { installPackages } = await import('./setup/packages.mjs');
const { Problem } = await import('./setup/problem.mjs');
const { createReport } = await import('./setup/report.mjs');

const report = createReport({ everyStep: true });
try {
  await report.step('npm packages', (progress) => installPackages(checkout, progress));
  await report.step('dist', (progress) => buildDist(checkout, progress, { force: true }));
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  report.line(error.message);
  process.exitCode = 1;
}
