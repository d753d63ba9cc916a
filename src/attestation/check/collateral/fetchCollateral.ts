// A set of collateral from Intel or from a PCCS. Every part is signed by Intel, so where it comes from is not believed; bounds are kept all the same.
import type { Clock } from '../../../clock.js';
import { fromAnyHex, textOfBytes, toHex } from '../../verify/bytes.js';
import { cutSigned } from '../../verify/collateral/cutSigned.js';
import { AttestationError } from '../../verify/failure.js';
import { type Got, getBytes, OutOfReach } from '../http/getBytes.js';
import type { Platform } from './platformOf.js';

export interface FetchCollateralParameters {
  readonly platform: Platform;
  /** Base of a PCCS; Intel's own service when absent. */
  readonly pccs?: URL | undefined;
  readonly clock: Pick<Clock, 'wakeIn'>;
  readonly signal?: AbortSignal | undefined;
}

const intel = 'https://api.trustedservices.intel.com';
const intelRootCrl = 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der';
const mostAnswerBytes = 1_048_576;
/** One answer, at most twice: a step takes 10 s at most. */
const answerMs = 5_000;
const tries = 2;

/** QuoteCollateralV3 as JSON text. Rejects with OutOfReach, whose message names what could not be had. */
export async function fetchCollateral(of: FetchCollateralParameters): Promise<string> {
  const base = (of.pccs?.href ?? intel).replace(/\/+$/, '').replace(/\/(sgx|tdx)\/certification\/v\d$/, '');
  const { fmspc, ca } = of.platform;
  const get = (path: string) => getTwice(new URL(path.startsWith('https:') ? path : `${base}${path}`), of);
  const [pckCrl, tcb, qe, rootCrl] = await Promise.all([
    get(`/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`),
    get(`/tdx/certification/v4/tcb?fmspc=${fmspc}`),
    get('/tdx/certification/v4/qe/identity'),
    get(of.pccs ? '/sgx/certification/v4/rootcacrl' : intelRootCrl),
  ]);
  const tcbInfo = signedOf(tcb, 'tcbInfo');
  const qeIdentity = signedOf(qe, 'enclaveIdentity');
  return JSON.stringify({
    pck_crl_issuer_chain: chainOf(pckCrl, 'sgx-pck-crl-issuer-chain'),
    root_ca_crl: crlOf(rootCrl, 'The root CRL'),
    pck_crl: crlOf(pckCrl, 'The PCK CRL'),
    tcb_info_issuer_chain: chainOf(tcb, 'tcb-info-issuer-chain', 'sgx-tcb-info-issuer-chain'),
    tcb_info: tcbInfo.text,
    tcb_info_signature: toHex(tcbInfo.signature),
    qe_identity_issuer_chain: chainOf(qe, 'sgx-enclave-identity-issuer-chain'),
    qe_identity: qeIdentity.text,
    qe_identity_signature: toHex(qeIdentity.signature),
  });
}

async function getTwice(url: URL, { clock, signal }: FetchCollateralParameters): Promise<Got> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      const got = await getBytes({ url, mostBytes: mostAnswerBytes, timeoutMs: answerMs, clock, signal });
      if (got.status === 200) return got;
      throw new OutOfReach(`it answers HTTP ${got.status}`);
    } catch (error) {
      if (error instanceof OutOfReach && left > 0 && !signal?.aborted) continue;
      throw error instanceof OutOfReach
        ? new OutOfReach(`${url.origin}${url.pathname}: ${error.message}`, error.reason)
        : error;
    }
  }
}

function signedOf({ body }: Got, name: 'tcbInfo' | 'enclaveIdentity') {
  try {
    return cutSigned(textOfBytes(body) ?? '', name);
  } catch (error) {
    // Half an answer is none.
    if (error instanceof AttestationError) throw new OutOfReach(error.detail.replace(/\.$/, ''));
    throw error;
  }
}

/** URL-encoded PEM. */
function chainOf({ headers }: Got, ...names: readonly string[]): string {
  const value = names.map((name) => headers[name]).find((each) => each !== undefined);
  try {
    if (typeof value === 'string') return decodeURIComponent(value);
  } catch {
    // A malformed escape: as good as no chain.
  }
  throw new OutOfReach(`the answer has no header ${names[0]} with a chain`);
}

/** DER, or its hex. In hex. */
function crlOf({ body }: Got, what: string): string {
  if (body[0] === 0x30 && body[1] !== undefined && body[1] >= 0x80) return body.toString('hex');
  const der = fromAnyHex((textOfBytes(body) ?? '').trim());
  if (der === undefined || der.byteLength === 0) throw new OutOfReach(`${what} is neither DER nor hex`);
  return toHex(der);
}
