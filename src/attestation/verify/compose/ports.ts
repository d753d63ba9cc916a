// Which ports of the VM a compose file publishes.
import { at, type Field } from '../json/fields.js';
import { JsonError } from '../json/parseJson.js';

const range = /^(\d{1,5})(?:-(\d{1,5}))?$/;

/** `443:8443`, `127.0.0.1:443:8443/tcp`, `8443`, `{published, target}`. 0: whichever is free. Throws a JsonError. */
export function publishedPortsOf(field: Field): readonly number[] {
  const { value } = field;
  if (typeof value === 'number') return [0];
  if (typeof value === 'string') {
    const parts = value.replace(/\/[a-z]+$/, '').split(':');
    return parts.length === 1 ? [0] : portsOf(parts.at(-2) ?? '', field);
  }
  const { value: published } = at(field, 'published');
  return published === undefined ? [0] : portsOf(`${published}`, field);
}

function portsOf(text: string, { path }: Field): readonly number[] {
  const [, from, to = from] = range.exec(text) ?? [];
  const first = Number(from);
  const count = Number(to) - first + 1;
  if (!(first <= 65_535 && count >= 1 && count <= 65_536))
    throw new JsonError(`${path} publishes no port that can be read`);
  return Array.from({ length: count }, (_, i) => first + i);
}
