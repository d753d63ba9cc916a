// Who on this machine could read the memory in which the signing key is: what the kernel's own settings say, for the operator.
import { readFileSync } from 'node:fs';

/** A sentence for each way. `root`: below another one, for tests. */
export function keyExposures(root = ''): string[] {
  const found: string[] = [];
  const scope = read(`${root}/proc/sys/kernel/yama/ptrace_scope`)?.trim();
  if (scope === undefined || scope === '0')
    found.push(
      'every process of this user can read the memory with the signing key, an engine that a guest has broken out of included. Set kernel.yama.ptrace_scope to 1 or more in the VM',
    );
  const limit = /^Max core file size\s+(\S+)/m.exec(read(`${root}/proc/self/limits`) ?? '')?.[1];
  if (limit !== undefined && limit !== '0')
    found.push('a crash may write the memory with the signing key to a file. Start the service with `ulimit -c 0`');
  return found;
}

/** Undefined where there is no such file, or none for this user. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
