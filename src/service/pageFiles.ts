// The files of the operators' page, as the build has left them.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PageFiles } from '../rpc/admin/page/pageRoutes.js';

/** Beside the compiled service; from the sources, where that would be. */
const folders = ['../page/', '../../dist/page/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** Empty where it was not built: the service does without. */
export async function readPageFiles(): Promise<PageFiles> {
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    const files = await Promise.all(names.map(async (name) => [name, await readFile(`${folder}${name}`)] as const));
    if (files.length > 0) return new Map(files);
  }
  return new Map();
}
