/** The directions of ARCHITECTURE.md; each comment is what a developer reads when its rule fires. */
const inFeature = '^src/server/(runs|status|feeds|streaming|observability|pages|badges|demo)/'
const shared = '^src/server/(config|database|http)/'

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment:
        'Two files that need each other are one file, or need a third. Pass a function instead.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'protocol-imports-nothing',
      severity: 'error',
      comment: 'The contract stands alone: everybody may import it because it imports nobody.',
      from: { path: '^src/protocol/' },
      to: { pathNot: '^src/protocol/' },
    },
    {
      name: 'cli-speaks-the-protocol-only',
      severity: 'error',
      comment: 'A client knows the wire, never the server behind it.',
      from: { path: '^src/cli/' },
      to: { path: '^(src/server|migrations)/' },
    },
    {
      name: 'dashboard-is-a-client',
      severity: 'error',
      comment:
        'The page is our first customer: it has the client and the protocol, and nothing that others have not.',
      from: { path: '^src/dashboard/' },
      to: { path: '^(src|migrations)/', pathNot: '^src/(dashboard|client|protocol)/' },
    },
    {
      name: 'embed-is-a-client',
      severity: 'error',
      comment: 'The element runs in pages of others: it has the client and the protocol alone.',
      from: { path: '^src/embed/' },
      to: { path: '^(src|migrations)/', pathNot: '^src/(embed|client|protocol)/' },
    },
    {
      name: 'client-speaks-the-protocol-only',
      severity: 'error',
      comment: 'The library runs in any page: it knows the wire and nothing else of ours.',
      from: { path: '^src/client/' },
      to: { path: '^(src|migrations)/', pathNot: '^src/(client|protocol)/' },
    },
    {
      name: 'client-knows-no-react',
      severity: 'error',
      comment: 'Pages without React use the client as well; only src/client/react may need it.',
      from: { path: '^src/client/', pathNot: '^src/client/react/' },
      to: { path: '^src/client/react/|node_modules/(@types/)?react/' },
    },
    {
      name: 'features-never-meet',
      severity: 'error',
      comment: 'Features do not import each other; app.ts introduces them by passing functions.',
      from: { path: inFeature },
      to: { path: inFeature, pathNot: '^src/server/$1/' },
    },
    {
      name: 'shared-knows-no-feature',
      severity: 'error',
      comment: 'config, database and http serve every feature and therefore know none.',
      from: { path: shared },
      to: { path: [inFeature, '^src/server/(app|main|register-routes)\\.ts$'] },
    },
    {
      name: 'only-main-knows-the-app',
      severity: 'error',
      comment: 'app.ts is the composition root: nobody below it may look up.',
      from: { path: '^src/', pathNot: '^src/server/(main|app)\\.ts$' },
      to: { path: '^src/server/(main|app|register-routes)\\.ts$' },
    },
    {
      name: 'sql-has-a-home',
      severity: 'error',
      comment:
        'SQL lives in database/ and in *.queries.ts, so that every statement can be found and read.',
      from: {
        path: '^src/server/',
        pathNot: '^src/server/database/|\\.queries\\.ts$',
      },
      to: { path: 'node_modules/(kysely|pg)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'http-has-a-home',
      severity: 'error',
      comment: 'HTTP lives in http/, *.routes.ts and app.ts; what decides knows no request.',
      from: {
        path: '^src/server/',
        pathNot: '^src/server/http/|\\.routes\\.ts$|^src/server/app\\.ts$',
      },
      to: { path: 'node_modules/(fastify|@fastify)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'migrations-are-frozen',
      severity: 'error',
      comment: 'A migration must mean the same for ever: it imports kysely and nothing of ours.',
      from: { path: '^migrations/', pathNot: '^migrations/index\\.ts$' },
      to: { pathNot: 'node_modules/kysely/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    exclude: { path: '^dist/' },
  },
}
