// Intel's identity of the quoting enclave for TDs (TD_QE): who signs quotes, and which versions of it have which status.
import { refuse } from '../failure.js';
import { anyHexOf, at, type Field, instantOf, listOf, rootField, textOf, wholeOf } from '../json/fields.js';
import { JsonError, parseJson } from '../json/parseJson.js';
import { qeStatuses } from '../tcb/status.js';
import { readSvnLevel, type SvnLevel } from './tcbInfo.js';

export interface QeIdentity {
  readonly issuedAt: number;
  readonly nextUpdateAt: number;
  readonly evaluationDataNumber: number;
  readonly miscSelect: Uint8Array;
  readonly miscSelectMask: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly levels: readonly SvnLevel[];
}

/** COLLATERAL_MALFORMED; COLLATERAL_MISMATCH when it is that of another enclave (V13). */
export function parseQeIdentity(text: string): QeIdentity {
  try {
    return read(rootField(parseJson(text)));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('COLLATERAL_MALFORMED', `The QE identity cannot be read: ${error.message}.`);
  }
}

function read(field: Field): QeIdentity {
  const id = textOf(at(field, 'id'));
  const version = wholeOf(at(field, 'version'), 0, 255);
  if (id !== 'TD_QE' || (version !== 2 && version !== 3))
    refuse('COLLATERAL_MISMATCH', `The QE identity is ${id}, version ${version}; TD_QE, version 2 or 3 is needed.`);
  return {
    issuedAt: instantOf(at(field, 'issueDate')),
    nextUpdateAt: instantOf(at(field, 'nextUpdate')),
    evaluationDataNumber: wholeOf(at(field, 'tcbEvaluationDataNumber'), 0, 2 ** 32 - 1),
    miscSelect: anyHexOf(at(field, 'miscselect'), 4),
    miscSelectMask: anyHexOf(at(field, 'miscselectMask'), 4),
    attributes: anyHexOf(at(field, 'attributes'), 16),
    attributesMask: anyHexOf(at(field, 'attributesMask'), 16),
    mrSigner: anyHexOf(at(field, 'mrsigner'), 32),
    isvProdId: wholeOf(at(field, 'isvprodid'), 0, 65_535),
    levels: listOf(at(field, 'tcbLevels')).map((level) => readSvnLevel(level, qeStatuses, 65_535)),
  };
}
