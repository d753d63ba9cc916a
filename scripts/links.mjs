// Part of `npm run check`: every relative link in a page of the checkout leads to a file, and to a heading where it names one.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const pages = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).split('\n').filter(Boolean);
const textOf = (page) => readFileSync(page, 'utf8').replace(/^```.*?^```/gms, '');

/** The ids that GitHub gives to headings. */
const anchorsOf = (page) =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .replace(/\]\([^)]*\)/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );

const leads = (page, link) => {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  return existsSync(target) && (!anchor || !target.endsWith('.md') || anchorsOf(target).includes(anchor));
};

let broken = 0;
for (const page of pages) {
  for (const [, link] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(link) || leads(page, link)) continue;
    process.stderr.write(`  ${page}: ${link} leads nowhere\n`);
    broken += 1;
  }
}
process.exitCode = pages.length > 10 && broken === 0 ? 0 : 1;
