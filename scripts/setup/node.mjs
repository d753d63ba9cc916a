// Refuses a Node.js that is too old. Written without new syntax, so that an old one can still read it and say so.

/** 20.11 is the first with import.meta.dirname; older ones are not tested. */
export const oldestNode = [20, 11];

/** Whether `version` (as in process.versions.node) is at least `oldest` ([major, minor]). */
export function isAtLeast(version, oldest) {
  const parts = version.split('.').map(Number);
  return parts[0] > oldest[0] || (parts[0] === oldest[0] && parts[1] >= oldest[1]);
}

/** Ends the process with a sentence when this Node.js is too old. */
export function requireNode() {
  const found = process.versions.node;
  if (isAtLeast(found, oldestNode)) return;
  process.stderr.write(
    'sealed-prover needs Node.js ' +
      oldestNode.join('.') +
      ' or later; this is ' +
      found +
      ' (' +
      process.execPath +
      ').\n' +
      'Install a newer one from https://nodejs.org or with your version manager, for example: nvm install 22\n',
  );
  process.exit(1);
}
