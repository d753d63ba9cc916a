// The raw compose file out of what an agent's Info answers. It is worth nothing before its hash was compared with the event log's.

import { refuse } from '../../verify/failure.js';
import { at, optional, rootField, textOf } from '../../verify/json/fields.js';
import { JsonError, parseJson } from '../../verify/json/parseJson.js';

/** Undefined without an answer. COMPOSE_MISSING for one without the file. */
export function composeOfInfo(info: string | undefined): string | undefined {
  if (info === undefined) return undefined;
  try {
    const tcbInfo = textOf(at(rootField(parseJson(info)), 'tcb_info'));
    if (tcbInfo === '') throw new JsonError('its tcb_info is empty, which is what public_tcbinfo false does');
    const compose = optional(at(rootField(parseJson(tcbInfo)), 'app_compose'), textOf);
    return compose ?? refuse('COMPOSE_MISSING', 'The answer to Info has no app_compose.');
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('COMPOSE_MISSING', `The answer to Info cannot be read: ${error.message}.`);
  }
}
