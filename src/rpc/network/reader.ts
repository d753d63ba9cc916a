// What is known of who reads an answer about requests: its user agent, and what it asked for before. The calls themselves carry no
// flavour, no version and no address. A proxy may have rewritten the user agent: an unknown one is treated as an old SDK's.
import type { Flavour } from '../../machines/requestRules.js';

/** Our own client, which reads the base schema whatever it reads about. */
export const isOurClient = (userAgent: string): boolean => /(^|\s)sealed-prover\//.test(userAgent);

/** An SDK from 6.10.0 on. */
export const isNewSdk = (userAgent: string): boolean => /(^|\s)tonic\/0\.14/.test(userAgent);

/** The schema in which a request is shown: who has asked for it in one flavour reads about it in the same. */
export const schemaFor = (userAgent: string, flavour: Flavour): Flavour => (isOurClient(userAgent) ? 'base' : flavour);
