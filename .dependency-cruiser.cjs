// The table of docs/architecture.md as rules: who may import whom. `npm run check` runs them and refuses to pass on nothing.
const folder = (names) => `^src/(${names})/`;
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const tests = '\\.test\\.ts$|^src/testkit/';

module.exports = {
  forbidden: [
    rule('no-cycles', 'A cycle has no place to start reading.', {}, { circular: true }),
    rule(
      'no-orphans',
      'Code that nobody imports is not used.',
      { orphan: true, pathNot: `${tests}|^src/(cli|client/client)\\.ts$|\\.worker\\.ts$|^src/gen/` },
      {},
    ),
    rule(
      'machines-are-pure',
      'Machines decide; they reach neither I/O nor npm but for xstate.',
      { path: folder('machines'), pathNot: tests },
      { pathNot: '^src/(machines|engines/jobs|errors|ids)[./]|(^|/)node_modules/xstate/|^(node:)?crypto$' },
    ),
    rule(
      'workers-compute',
      'Workers know codecs and plain data only; of other layers only types.',
      { path: folder('workers'), pathNot: tests },
      {
        path: '^src/(machines|actors|rpc/(network|http)|store|config|cli|main)[./]',
        dependencyTypesNot: ['type-only'],
      },
    ),
    rule(
      'store-stands-alone',
      'The store knows records, not who writes them.',
      { path: folder('store'), pathNot: tests },
      { path: '^src/(actors|artifacts|engines|rpc|workers|cli|client|main|config)[./]' },
    ),
    rule(
      'artifacts-below-actors',
      'Artifacts know the store, engines’ plain data and their own workers.',
      { path: folder('artifacts'), pathNot: tests },
      { path: '^src/(actors|machines|rpc|cli|client|main|config)[./]' },
    ),
    rule(
      'engines-below-actors',
      'An engine client knows jobs and frames.',
      { path: folder('engines'), pathNot: tests },
      { path: '^src/(actors|artifacts|machines|store|rpc|cli|client|main|config)[./]' },
    ),
    rule(
      'actors-know-no-wire',
      'An actor never knows who asked, or how.',
      { path: folder('actors'), pathNot: tests },
      { path: '^src/(rpc|gen|cli|client|main|config)[./]' },
    ),
    rule(
      'rpc-translates',
      'rpc translates: it reaches actors by their interfaces only.',
      { path: folder('rpc'), pathNot: tests },
      {
        path: '^src/(actors|machines)/',
        pathNot: '^src/machines/requestView\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    ),
    rule(
      'client-is-separate',
      'The client must be usable without the service.',
      { path: folder('client'), pathNot: tests },
      { path: '^src/(actors|artifacts|machines|store|rpc|workers|cli|main|config)[./]' },
    ),
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
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
