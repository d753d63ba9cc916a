// Intel's TCB info for TDX, version 3: which security versions of a platform have which status. V13 of the rules.
import { refuse } from '../failure.js';
import { anyHexOf, at, type Field, instantOf, listOf, oneOf, rootField, textOf, wholeOf } from '../json/fields.js';
import { JsonError, parseJson } from '../json/parseJson.js';
import { moduleStatuses, type PlatformStatus, platformStatuses } from '../tcb/status.js';

/** A level of anything: its status, since when, and what was published about it. */
export interface Level<Status extends PlatformStatus = PlatformStatus> {
  readonly status: Status;
  /** As Intel writes it. */
  readonly tcbDate: string;
  readonly advisoryIds: readonly string[];
}

export interface PlatformLevel extends Level {
  readonly sgx: readonly number[];
  readonly pceSvn: number;
  readonly tdx: readonly number[];
}

export interface SvnLevel extends Level {
  readonly isvSvn: number;
}

export interface ModuleIdentity {
  readonly mrSigner: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
}

export interface NumberedModule extends ModuleIdentity {
  /** `TDX_01`, upper case. */
  readonly id: string;
  readonly levels: readonly SvnLevel[];
}

export interface TcbInfo {
  readonly issuedAt: number;
  readonly nextUpdateAt: number;
  readonly fmspc: Uint8Array;
  readonly pceId: Uint8Array;
  readonly evaluationDataNumber: number;
  readonly module: ModuleIdentity;
  readonly modules: readonly NumberedModule[];
  readonly levels: readonly PlatformLevel[];
}

/** COLLATERAL_MALFORMED; COLLATERAL_MISMATCH when it is a good one of another kind. */
export function parseTcbInfo(text: string): TcbInfo {
  try {
    return read(rootField(parseJson(text)));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('COLLATERAL_MALFORMED', `The TCB info cannot be read: ${error.message}.`);
  }
}

function read(field: Field): TcbInfo {
  const id = textOf(at(field, 'id'));
  const version = wholeOf(at(field, 'version'), 0, 255);
  if (id !== 'TDX' || version !== 3)
    refuse('COLLATERAL_MISMATCH', `The TCB info is ${id}, version ${version}; TDX, version 3 is needed.`);
  const modules = at(field, 'tdxModuleIdentities');
  return {
    issuedAt: instantOf(at(field, 'issueDate')),
    nextUpdateAt: instantOf(at(field, 'nextUpdate')),
    fmspc: anyHexOf(at(field, 'fmspc'), 6),
    pceId: anyHexOf(at(field, 'pceId'), 2),
    evaluationDataNumber: wholeOf(at(field, 'tcbEvaluationDataNumber'), 0, 2 ** 32 - 1),
    module: readModule(at(field, 'tdxModule')),
    modules: modules.value === undefined ? [] : listOf(modules).map(readNumberedModule),
    levels: listOf(at(field, 'tcbLevels')).map(readPlatformLevel),
  };
}

const readModule = (field: Field): ModuleIdentity => ({
  mrSigner: anyHexOf(at(field, 'mrsigner'), 48),
  attributes: anyHexOf(at(field, 'attributes'), 8),
  attributesMask: anyHexOf(at(field, 'attributesMask'), 8),
});

const readNumberedModule = (field: Field): NumberedModule => ({
  ...readModule(field),
  id: textOf(at(field, 'id')).toUpperCase(),
  levels: listOf(at(field, 'tcbLevels')).map((level) => readSvnLevel(level, moduleStatuses, 255)),
});

function readPlatformLevel(field: Field): PlatformLevel {
  const tcb = at(field, 'tcb');
  return {
    ...readLevel(field, platformStatuses),
    sgx: readComponents(at(tcb, 'sgxtcbcomponents')),
    pceSvn: wholeOf(at(tcb, 'pcesvn'), 0, 65_535),
    tdx: readComponents(at(tcb, 'tdxtcbcomponents')),
  };
}

function readComponents(field: Field): readonly number[] {
  const components = listOf(field).map((component) => wholeOf(at(component, 'svn'), 0, 255));
  if (components.length !== 16) throw new JsonError(`${field.path} has ${components.length} components, not 16`);
  return components;
}

export const readSvnLevel = (field: Field, statuses: readonly PlatformStatus[], most: number): SvnLevel => ({
  ...readLevel(field, statuses),
  isvSvn: wholeOf(at(at(field, 'tcb'), 'isvsvn'), 0, most),
});

function readLevel(field: Field, statuses: readonly PlatformStatus[]): Level {
  const advisories = at(field, 'advisoryIDs');
  const date = at(field, 'tcbDate');
  instantOf(date);
  return {
    status: oneOf(at(field, 'tcbStatus'), statuses),
    tcbDate: textOf(date),
    advisoryIds: advisories.value === undefined ? [] : listOf(advisories).map(textOf),
  };
}
