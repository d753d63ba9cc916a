// dstack's app-compose.json, whose raw bytes the VM has measured: the compose file and what runs around it.
import { bytesOfText } from '../bytes.js';
import { refuse } from '../failure.js';
import { at, type Field, listOf, objectOf, optional, rootField, textOf } from '../json/fields.js';
import { JsonError, parseJson } from '../json/parseJson.js';

export interface AppCompose {
  readonly runner: string;
  /** YAML. */
  readonly composeFile: string;
  readonly hasPublicLogs: boolean;
  /** Names of environment variables whose values come from outside, encrypted. */
  readonly allowedEnvs: readonly string[];
  /** Shell scripts that run as root before the containers. */
  readonly scripts: readonly string[];
}

export const mostComposeBytes = 1_048_576;

/** COMPOSE_MALFORMED. */
export function parseAppCompose(raw: string): AppCompose {
  if (bytesOfText(raw).byteLength > mostComposeBytes)
    refuse('COMPOSE_MALFORMED', `The compose file has more than ${mostComposeBytes} bytes.`);
  try {
    return read(rootField(parseJson(raw)));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('COMPOSE_MALFORMED', `app-compose.json cannot be read: ${error.message}.`);
  }
}

function read(field: Field): AppCompose {
  objectOf(field);
  return {
    runner: textOf(at(field, 'runner')),
    composeFile: textOf(at(field, 'docker_compose_file')),
    // Anything but a plain false may be read as true somewhere.
    hasPublicLogs: ![undefined, null, false].includes(at(field, 'public_logs').value as never),
    allowedEnvs: (present(field, 'allowed_envs', listOf) ?? []).map(textOf),
    scripts: ['pre_launch_script', 'init_script', 'bash_script']
      .map((name) => present(field, name, textOf) ?? '')
      .filter((script) => script !== ''),
  };
}

const present = <T>(field: Field, name: string, read: (field: Field) => T): T | undefined =>
  at(field, name).value === null ? undefined : optional(at(field, name), (of) => read(of));
