// Whether the TDX module is the one that Intel signs: V23 of the rules.
import { equalBytes, toHex } from '../bytes.js';
import type { NumberedModule, TcbInfo } from '../collateral/tcbInfo.js';
import { refuse } from '../failure.js';
import type { TdReport } from '../quote/tdReport.js';
import { equalMasked } from './equalMasked.js';

/** `numbered` is undefined for a module without a version. TCB_MODULE_WRONG. */
export function verifyModule(td: TdReport, tcbInfo: TcbInfo, numbered: NumberedModule | undefined): void {
  const module = numbered ?? tcbInfo.module;
  if (!equalBytes(td.mrSignerSeam, module.mrSigner))
    refuse('TCB_MODULE_WRONG', `The TDX module is signed by ${toHex(td.mrSignerSeam)}, not ${toHex(module.mrSigner)}.`);
  const isWithin = td.seamAttributes.every((byte, i) => (byte & ~(module.attributesMask[i] ?? 0)) === 0);
  if (!isWithin || !equalMasked(td.seamAttributes, module.attributes, module.attributesMask))
    refuse(
      'TCB_MODULE_WRONG',
      `The TDX module has attributes ${toHex(td.seamAttributes)}, not ${toHex(module.attributes)}.`,
    );
}
