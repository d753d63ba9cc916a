// Why a file or a folder could not be used, in words: the system's own are for programmers.

const sentences: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not do that there',
  EPERM: 'the system does not allow it',
  EROFS: 'the file system is read-only',
  ENOSPC: 'there is no room left on the disk',
  EDQUOT: 'this user has no room left on the disk',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links go round in a circle',
  EEXIST: 'there is something else of that name',
  EMFILE: 'too many files are open',
  EIO: 'the disk fails',
};

/** `this user may not do that there`, to stand after a colon or in brackets. */
export function fileProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return sentences[code ?? ''] ?? code ?? message ?? String(error);
}

/** An error of the system, whose own words are not for a user. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';

/** An error of the file system that names where it was met. */
export const isFileError = (error: unknown): error is NodeJS.ErrnoException & { path: string } =>
  error instanceof Error &&
  typeof (error as NodeJS.ErrnoException).path === 'string' &&
  typeof (error as NodeJS.ErrnoException).code === 'string';
