// Where the data lies: the folder that was named, or one of our own inside it where the named one is shared. A folder that holds
// something else is refused as it is: it was named by mistake, and nothing in it is ours to change.
import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Shown to the operator as it is. Nothing has been opened. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

export interface DataPlace {
  /** Without links. */
  readonly path: string;
  /** A sentence about who else may read it. Undefined when no one else may. */
  readonly exposure: string | undefined;
}

const folderMode = 0o700;
const groupAndOthers = 0o077;
const sticky = 0o1000;
/** In a folder that is not ours. */
const innerName = 'sealed-prover';
const probeName = '.sealed-probe-';
/** A file system's own, in the root of a fresh volume. */
const notContent = 'lost+found';
/** How many names are shown of what is in the way. */
const maxNames = 3;

/** Finds or makes it. When it throws a DataFolderError, nothing has changed. */
export function findDataPlace(named: string): DataPlace {
  const unusable = (reason: string) =>
    new DataFolderError(`The data folder ${named} cannot be used: ${reason}. Choose another with --data.`);
  try {
    return placeAt(named, unusable);
  } catch (error) {
    throw error instanceof DataFolderError ? error : unusable(reasonOf(error as NodeJS.ErrnoException, named));
  }
}

function placeAt(named: string, unusable: (reason: string) => DataFolderError): DataPlace {
  const found = lookAt(named);
  if (found === undefined) {
    if (isLink(named)) throw unusable('it is a link to a place that is not there');
    makeFolder(named);
    return settled(realpathSync(named));
  }
  if (!found.isDirectory()) throw unusable('it is a file and no folder');
  const path = realpathSync(named);
  if (holdsStore(path)) return settled(path);
  const isShared = found.uid !== ourselves() || (found.mode & sticky) !== 0;
  const inner = join(path, innerName);
  if (isShared && holdsStore(inner)) return settled(trusted(inner, found, unusable));
  const others = contentOf(path).filter((name) => !(isShared && name === innerName));
  if (others.length > 0) throw new DataFolderError(refusalOf(named, others));
  if (!isShared) return settled(path);
  assertWritable(path);
  makeFolder(inner);
  if (contentOf(inner).length > 0) throw new DataFolderError(refusalOf(inner, contentOf(inner)));
  return settled(trusted(inner, found, unusable));
}

/** With those above it. Node's own way of doing this never ends where a parent is there and yet takes nothing: a dangling link, /proc. */
function makeFolder(path: string): void {
  if (lookAt(path) !== undefined) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: folderMode });
}

/** It is ours, or about to be: closed to others where that can be done. */
function settled(path: string): DataPlace {
  assertWritable(path);
  const isOpen = () => (statSync(path).mode & groupAndOthers) !== 0;
  if (isOpen() && statSync(path).uid === ourselves()) {
    try {
      chmodSync(path, folderMode);
    } catch {
      // A file system that knows no modes, or a server that keeps them to itself. What came of it is looked at below.
    }
  }
  return { path, exposure: isOpen() ? exposureOf(statSync(path)) : undefined };
}

/** Where any user may make folders, one that bears our name may be a trap. */
function trusted(inner: string, outer: Stats, unusable: (reason: string) => DataFolderError): string {
  const { uid } = statSync(inner);
  if (uid !== ourselves() && ((outer.mode & 0o002) !== 0 || lstatSync(inner).isSymbolicLink()))
    throw unusable(`${inner} in it belongs to another user`);
  return realpathSync(inner);
}

const ourselves = () => process.geteuid?.() ?? -1;

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Undefined where there is nothing, also below a file. */
function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

const holdsStore = (path: string): boolean => lookAt(join(path, 'store', 'data.mdb'))?.isFile() ?? false;

/** What is in it but for what is ours: what a start that was cut short has left, and the demo's folder in the default one. */
function contentOf(path: string): string[] {
  const isOurs = (name: string) =>
    (name === 'store' && isBarelyBegun(join(path, name))) || (name === 'demo' && holdsStore(join(path, name)));
  return readdirSync(path).filter((name) => name !== notContent && !isOurs(name));
}

function isBarelyBegun(store: string): boolean {
  return lookAt(store)?.isDirectory() === true && readdirSync(store).every((name) => name === 'lock.mdb');
}

function refusalOf(path: string, names: readonly string[]): string {
  const shown = names.slice(0, maxNames).join(', ');
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : '';
  return `The folder ${path} holds other things (${shown}${more}) and no data of sealed-prover. Nothing in it was changed. Name an empty or a new folder with --data, for example ${join(path, innerName)}.`;
}

/** Where the modes are those of a server, only a try shows it. */
function assertWritable(path: string): void {
  try {
    rmdirSync(mkdtempSync(join(path, probeName)));
  } catch (error) {
    // Room is another question, with a sentence of its own.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  for (const part of ['store', 'store/data.mdb', 'store/lock.mdb', 'artifacts']) {
    const inside = join(path, part);
    if (lookAt(inside) !== undefined) accessSync(inside, constants.R_OK | constants.W_OK);
  }
}

function exposureOf({ mode, uid, gid }: Stats): string {
  const who = [
    ...(uid === ourselves() ? [] : [`user ${uid}`]),
    ...((mode & 0o070) === 0 ? [] : [`group ${gid}`]),
    ...((mode & 0o007) === 0 ? [] : ['every user of this machine']),
  ];
  return `${who.join(' and ')} may open the data folder, with the inputs in it`;
}

function reasonOf({ code, path, message }: NodeJS.ErrnoException, named: string): string {
  const where = path === undefined || path.startsWith(join(named, probeName)) ? named : path;
  const reasons: Record<string, string> = {
    EACCES: `this user may not write to ${where}`,
    EPERM: `this user may not write to ${where}`,
    EROFS: `${where} is on a file system that is mounted read-only`,
    ENOTDIR: 'a part of its path is a file and no folder',
    ENOENT: 'a part of its path leads to a place that is not there',
    EEXIST: 'a part of its path is a file and no folder',
    ELOOP: 'its links lead in a circle',
    ENOSPC: 'its disk is full',
    EDQUOT: 'the quota of this user is used up',
    ENAMETOOLONG: 'its name is too long',
  };
  return reasons[code ?? ''] ?? message;
}
