// Programs of ordinary machines that the suites here need. A suite whose program is missing, or may not do its work here, is skipped with
// a sentence that says so: it never passes silently.
import { spawnSync } from 'node:child_process';

/** A call of each that does what the suites do with it: it may be there and not be allowed to. */
const probes = {
  nginx: ['-v'],
  haproxy: ['-v'],
  openssl: ['version'],
  faketime: ['-f', '+1d', 'true'],
  unshare: ['--user', '--map-root-user', '--mount', 'true'],
} as const;

export type Tool = keyof typeof probes;

/** The environment for these programs: some lie where only the administrator's search path leads. */
export const toolEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [process.env['PATH'], '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(Boolean).join(':'),
};

/** Options of `describe` or `it` for what needs these programs. */
export function needing(...tools: Tool[]): { skip: string | false } {
  const problems = tools.flatMap((tool) => problemWith(tool) ?? []);
  return { skip: problems.length === 0 ? false : `NOT RUN: ${problems.join('; ')}. See .ci/run for what to install.` };
}

function problemWith(tool: Tool): string | undefined {
  const { error, status, stderr } = spawnSync(tool, probes[tool], { env: toolEnvironment, encoding: 'utf8' });
  if (error !== undefined) return `${tool} is not on this machine`;
  return status === 0 ? undefined : `${tool} does not work here (${stderr.trim().split('\n')[0]})`;
}
