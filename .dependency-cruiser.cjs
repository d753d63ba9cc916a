// Who may import whom, from the table in scripts/layers.cjs. `npm run check` runs these rules and refuses to pass on nothing.
const { common, layers } = require('./scripts/layers.cjs');
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const tests = '\\.test\\.ts$|^src/testkit/';
const inside = (names) => `^src/(${names.join('|')})[./]`;

/** Layers through whose hands artifacts pass. */
const handlingArtifacts = ['artifacts', 'workers', 'rpc', 'requests', 'engines', 'programs', 'durable', 'transport'];

/** Of one layer: what it may not import at all, and what it may import as types only. */
function rulesOf([name, { may, npm }]) {
  const from = { path: `^src/${name}/`, pathNot: tests };
  const known = inside([name, ...common, ...Object.keys(may)]);
  const packages = npm.map((each) => `|(^|/)node_modules/${each}/`).join('');
  const typed = Object.keys(may).filter((each) => may[each] === 'types');
  return [
    rule(`${name}-imports`, `${name} may import only what scripts/layers.cjs lists.`, from, {
      path: '^src/|node_modules/',
      pathNot: `${known}${packages}|(^|/)node_modules/@types/`,
    }),
    ...(typed.length === 0
      ? []
      : [
          rule(`${name}-types`, `${name} may import these as types only.`, from, {
            path: inside(typed),
            dependencyTypesNot: ['type-only'],
          }),
        ]),
  ];
}

module.exports = {
  forbidden: [
    rule('no-cycles', 'A cycle has no place to start reading.', {}, { circular: true }),
    rule(
      'no-orphans',
      'Code that is imported nowhere is not used.',
      {
        orphan: true,
        pathNot: `${tests}|^src/(cli|client/client|attestation/verify/attestation)\\.ts$|\\.worker\\.ts$|^src/gen/`,
      },
      {},
    ),
    ...Object.entries(layers).flatMap(rulesOf),
    rule(
      'machines-are-pure',
      'Machines decide; they reach neither I/O nor npm but for xstate.',
      { path: '^src/machines/', pathNot: tests },
      { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    ),
    rule(
      'one-way-to-stored-bytes',
      'Only src/storedBytes opens the files of artifacts: what lies on disk for the plain bytes is its affair alone.',
      {
        path: `^src/(${handlingArtifacts.join('|')})/`,
        // A program that ships with the service, and the file system's name of a socket.
        pathNot: `${tests}|^src/workers/lane/anyProgram\\.ts$|^src/transport/front/unixSocket\\.ts$`,
      },
      { dependencyTypes: ['core'], path: '^(node:)?fs(/|$)' },
    ),
    rule(
      'attestation-verifies-alone',
      'The verifier runs in browsers and is read by strangers: nothing of the house, nothing of Node, no package but the one for YAML.',
      { path: '^src/attestation/verify/', pathNot: tests },
      { pathNot: '^src/attestation/verify/|(^|/)node_modules/yaml/' },
    ),
    rule(
      'page-knows-the-wire-only',
      'The page is a client of the admin API: of the service it imports the types of messages, and nothing.',
      { path: '^web/' },
      { path: '^src/', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'page-knows-messages-only',
      'Of the service the page imports the types of messages, and of packages what it is made with.',
      { path: '^web/' },
      { path: '^src/|node_modules/', pathNot: '^src/gen/admin/|(^|/)node_modules/(preact|@preact/signals)/' },
    ),
    rule('nothing-imports-the-page', 'It is bundled for browsers.', { path: '^src/' }, { path: '^web/' }),
    rule(
      'tests-stay-out',
      'Production code never imports tests or their kit.',
      { pathNot: `${tests}|^(test|bench)/` },
      { path: tests },
    ),
    rule(
      'runtime-dependencies',
      'What ships must be in dependencies.',
      { path: '^src/', pathNot: tests },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
