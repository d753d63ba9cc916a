// Which Node.js runs this: the machine's own where it is new enough, else one of ours. Written without new syntax, so that an old
// Node.js can still read it and act.

/** 22.15 is the first whose node:zlib decodes zstd, and the oldest release line that still gets security fixes. */
export const oldestNode = [22, 15];

/** Whether `version` (as in process.versions.node) is at least `oldest` ([major, minor]). */
export function isAtLeast(version, oldest) {
  const parts = version.split('.').map(Number);
  return parts[0] > oldest[0] || (parts[0] === oldest[0] && parts[1] >= oldest[1]);
}

/** Goes on in a Node.js that is new enough: in this process, or in a child that takes over the terminal and whose exit code is ours. */
export async function requireNode() {
  if (isAtLeast(process.versions.node, oldestNode)) return;
  const { installNode } = await import('./ownNode.mjs');
  const { runInstead } = await import('./runInstead.mjs');
  let node;
  try {
    node = await installNode();
  } catch (error) {
    process.stderr.write(
      'sealed-prover needs Node.js ' +
        oldestNode.join('.') +
        ' or later; this is ' +
        process.versions.node +
        ' (' +
        process.execPath +
        '), and a newer one could not be fetched:\n' +
        error.message +
        '\nInstall one from https://nodejs.org or with your version manager, for example: nvm install 24\n',
    );
    process.exit(1);
  }
  await runInstead(node);
}
