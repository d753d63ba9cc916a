// The operators' page, bundled: scripts and style with hashes in their names, and the one HTML file that names them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Writes `index.html` and what it loads into `folder`. Resolves to the names of those that are loaded first, and of those that follow. */
export async function buildPage(root, folder) {
  // Only who builds needs the bundler.
  const { build } = await import('esbuild');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { page: 'web/main.tsx', style: 'web/style.css' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfig: 'web/tsconfig.json',
    minify: true,
    legalComments: 'none',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    outdir: folder,
    metafile: true,
    logLevel: 'silent',
  });
  const outputs = Object.entries(metafile.outputs);
  const of = (source) => outputs.find(([, { entryPoint }]) => entryPoint === source);
  const [entry, { imports }] = of('web/main.tsx');
  const [script, style] = [basename(entry), basename(of('web/style.css')[0])];
  const html = readFileSync(join(root, 'web/index.html'), 'utf8');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.html'), html.replace('SCRIPT', script).replace('STYLE', style));
  const early = imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => basename(path));
  const first = [script, style, ...early];
  const later = outputs.map(([path]) => basename(path)).filter((name) => !first.includes(name));
  return { first, later };
}
