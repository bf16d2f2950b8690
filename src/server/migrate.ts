import { loadConfig } from './config/load-config.js'
import { type MigratedSchema, migrateToLatest } from './database/migrate-to-latest.js'
import { openDatabase } from './database/open-database.js'

/** A migration may rewrite a large table. */
const TIMEOUT_MS = 3_600_000

await migrate().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})

async function migrate(): Promise<void> {
  const { databaseUrl } = loadConfig(process.env)
  if (databaseUrl === undefined) {
    throw new Error('DATABASE_URL is not set; the embedded Postgres is migrated at each start')
  }
  const database = openDatabase({
    connectionString: databaseUrl,
    poolMax: 1,
    timeoutMs: TIMEOUT_MS,
  })
  try {
    process.stdout.write(`${describe(await migrateToLatest(database.kysely))}\n`)
  } finally {
    await database.close()
  }
}

function describe({ applied, newer }: MigratedSchema): string {
  if (newer.length > 0) return `nothing to migrate: a newer version has applied ${newer.join(', ')}`
  return applied.length === 0 ? 'nothing to migrate' : `migrated: ${applied.join(', ')}`
}
