// Whether a mount of a compose file reaches the sockets that give power over the VM.
import { at, type Field, objectOf } from '../json/fields.js';

/** dstack's agents hand out every key of the application; whoever has Docker's socket mounts whatever it likes. */
const sockets = [
  'dstack.sock',
  'dstack/dstack.sock',
  'tappd.sock',
  'docker.sock',
  'containerd/containerd.sock',
].flatMap((name) => [`/run/${name}`, `/var/run/${name}`]);

/** Named volumes that are bound to a path of the VM, by name. */
export function volumeDevices(volumes: Field): ReadonlyMap<string, string> {
  if (volumes.value === undefined || volumes.value === null) return new Map();
  return new Map(
    Object.entries(objectOf(volumes)).flatMap(([name, volume]) => {
      const device = deviceOf(volume);
      return device === undefined ? [] : [[name, device] as const];
    }),
  );
}

function deviceOf(volume: unknown): string | undefined {
  const { driver_opts } = (volume ?? {}) as { driver_opts?: { device?: unknown } | null };
  return typeof driver_opts?.device === 'string' ? driver_opts.device : undefined;
}

export function reachesAgent(mount: Field, devices: ReadonlyMap<string, string>): boolean {
  const source = sourceOf(mount);
  if (source === undefined) return false;
  const path = devices.get(source) ?? source;
  if (!/^[/.~$]/.test(path)) return false;
  // Where it leads is known only to the VM.
  if (/[$~]|\.\./.test(path)) return true;
  const folder = `${path
    .replace(/\/+/g, '/')
    .replace(/\/\.(?=\/|$)/g, '')
    .replace(/\/$/, '')}/`;
  return sockets.some((socket) => `${socket}/`.startsWith(folder) || folder.startsWith(`${socket}/`));
}

function sourceOf(mount: Field): string | undefined {
  if (typeof mount.value === 'string') return mount.value.includes(':') ? mount.value.split(':')[0] : undefined;
  const { value } = at(mount, 'source');
  return typeof value === 'string' ? value : undefined;
}
