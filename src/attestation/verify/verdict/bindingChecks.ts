// Whether a quote was made for this answer, this connection and this client.
import { equalBytes } from '../bytes.js';
import { type AttestationCode, refuse } from '../failure.js';
import { type Binding, type BindingPart, bindingParts, reportData } from '../reportData.js';

const codes: Readonly<Record<BindingPart, AttestationCode>> = {
  nonce: 'NONCE_WRONG',
  spki: 'TLS_KEY_WRONG',
  body: 'BODY_KEY_WRONG',
  statement: 'STATEMENT_WRONG',
};
const words: Readonly<Record<BindingPart, string>> = {
  nonce: 'another nonce than ours',
  spki: 'another TLS key than the one of this connection',
  body: 'another key for bodies',
  statement: 'another statement',
};

/** `own` with the statement's digest. REPORT_DATA_WRONG, or the code of the one part that is wrong. */
export async function checkReportData(quoted: Uint8Array, own: Binding, hint: Binding | undefined): Promise<string> {
  const matches = async (binding: Binding) => equalBytes(await reportData(binding), quoted);
  const bound = bindingParts.filter((part) => own[part] !== undefined);
  if (await matches(own)) return `The quote is made for this ${bound.join(', ')}.`;
  const relay = 'Whoever answers here may only be passing a quote on.';
  for (const part of hint ? bindingParts : [])
    if (await matches({ ...own, [part]: hint?.[part] }))
      refuse(codes[part], `The quote is made for ${words[part]}. ${relay}`);
  return refuse('REPORT_DATA_WRONG', `The quote is made for something else than this answer. ${relay}`);
}
