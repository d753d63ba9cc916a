// The services of a Docker compose file, as far as a policy has a say in them. What could mean more than one thing counts as the worse one.
import { refuse } from '../failure.js';
import { at, type Field, listOf, objectOf, rootField } from '../json/fields.js';
import { type Json, JsonError } from '../json/parseJson.js';
import { reachesAgent, volumeDevices } from './mounts.js';
import { publishedPortsOf } from './ports.js';

export interface ComposeService {
  readonly name: string;
  /** As written; empty when it has none. */
  readonly image: string;
  /** It can reach a socket that hands out keys and quotes, or starts containers. */
  readonly reachesAgent: boolean;
  /** On the host. 0: whichever is free. */
  readonly publishedPorts: readonly number[];
  /** Settings that no policy allows: `build`, `privileged`, … */
  readonly refused: readonly string[];
}

/** Each of them brings in files that were not measured, or opens the VM to the container. */
const refusedAlways = ['build', 'extends', 'volumes_from', 'use_api_socket', 'provider'];
/** Each of these is as much as `privileged`. */
const capabilities = /\b(CAP_)?(ALL|SYS_ADMIN|SYS_MODULE|SYS_RAWIO|SYS_PTRACE)\b|\$/i;
const hostNamespaces = ['network_mode', 'pid', 'ipc', 'userns_mode', 'uts', 'cgroup'];

/** COMPOSE_MALFORMED. */
export async function readServices(composeFile: string): Promise<readonly ComposeService[]> {
  const document = rootField(await parseYaml(composeFile));
  try {
    if (at(document, 'include').value !== undefined) throw new JsonError('it includes other files');
    const devices = volumeDevices(at(document, 'volumes'));
    const services = at(document, 'services');
    const names = Object.keys(objectOf(services));
    if (names.length === 0) throw new JsonError('it has no services');
    return names.map((name) => readService(name, at(services, name), devices));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('COMPOSE_MALFORMED', `The Docker compose file cannot be read: ${error.message}.`);
  }
}

/** Loaded when it is needed: it has more bytes than all the rest of the verifier. */
async function parseYaml(text: string): Promise<Json> {
  const { parse } = await import('yaml');
  try {
    // Compose merges `<<`. A key that is there twice and a bomb of aliases are errors by default; `silent` would let them pass.
    return JSON.parse(JSON.stringify(parse(text, { merge: true, logLevel: 'error' }) ?? null)) as Json;
  } catch {
    // The parser's message quotes the file.
    return refuse('COMPOSE_MALFORMED', 'The Docker compose file is not YAML that can be read.');
  }
}

function readService(name: string, field: Field, devices: ReadonlyMap<string, string>): ComposeService {
  const { value: image } = at(field, 'image');
  const isOn = (setting: string) => ![undefined, null, false].includes(at(field, setting).value as never);
  const textOf = (setting: string) => JSON.stringify(at(field, setting).value ?? '');
  return {
    name,
    image: typeof image === 'string' ? image : '',
    reachesAgent: mountsOf(field).some((mount) => reachesAgent(mount, devices)),
    publishedPorts: listOrNone(at(field, 'ports')).flatMap(publishedPortsOf),
    refused: [
      ...refusedAlways.filter(isOn),
      ...['privileged', 'post_start', 'pre_stop'].filter(
        (setting) => isOn(setting) && (setting === 'privileged' || /"privileged":(?!false)/.test(textOf(setting))),
      ),
      ...(capabilities.test(textOf('cap_add')) ? ['cap_add'] : []),
      ...hostNamespaces.filter((setting) => /host|\$/.test(textOf(setting))),
    ],
  };
}

const mountsOf = (field: Field): readonly Field[] => listOrNone(at(field, 'volumes'));
const listOrNone = (field: Field): readonly Field[] =>
  field.value === undefined || field.value === null ? [] : listOf(field);
