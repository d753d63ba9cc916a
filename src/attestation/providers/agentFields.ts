// What is read of an agent's answers. Newer agents say more, which is passed over; an empty field counts as missing, because some answer 200
// and nothing when they have failed.
import { fromAnyHex } from '../verify/bytes.js';
import type { JsonObject } from '../verify/json/parseJson.js';
import { parseAnswer } from './askAgent.js';
import { ProviderError } from './quoteProvider.js';

/** Undefined when it is missing or empty. Throws a ProviderError when it is no text. */
export function textField(answer: JsonObject, name: string, who: string): string | undefined {
  const value = Object.hasOwn(answer, name) ? answer[name] : undefined;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new ProviderError(`${who} gives a ${name} that is no text`);
  return value;
}

/** Hex, with 0x or without. Throws a ProviderError when it is missing, or is no hex. */
export function bytesField(answer: JsonObject, name: string, who: string): Uint8Array {
  const text = textField(answer, name, who);
  if (text === undefined) throw new ProviderError(`${who} answers without a ${name}`);
  const bytes = fromAnyHex(text.replace(/^0x/, ''));
  if (bytes === undefined) throw new ProviderError(`${who} gives a ${name} that is no hex`);
  return bytes;
}

/** Out of an answer to Info: the raw text of app-compose.json, undefined where the agent keeps it to itself. */
export function appComposeOf(info: JsonObject, who: string): string | undefined {
  const text = textField(info, 'tcb_info', who);
  return text === undefined ? undefined : textField(parseAnswer(text, `tcb_info of ${who}`), 'app_compose', who);
}
