import { loadConfig } from './config/load-config.js'
import type { MigratedSchema } from './database/migrate-to-latest.js'
import { migrateWhenReachable } from './database/migrate-when-reachable.js'

/** A migration may rewrite a large table, and no try begins after so long. */
const PATIENCE_MS = 3_600_000

await migrate().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})

async function migrate(): Promise<void> {
  const { databaseUrl } = loadConfig(process.env)
  if (databaseUrl === undefined) {
    throw new Error('DATABASE_URL is not set; the embedded Postgres is migrated at each start')
  }
  const migrated = await migrateWhenReachable({
    connectionString: databaseUrl,
    timeoutMs: PATIENCE_MS,
    signal: AbortSignal.timeout(PATIENCE_MS),
    onWait: (what, reason) => process.stderr.write(`${what}: ${reason}\n`),
  })
  if (migrated === null) throw new Error('not migrated: given up after an hour')
  process.stdout.write(`${describe(migrated)}\n`)
}

function describe({ applied, newer }: MigratedSchema): string {
  if (newer.length > 0) return `nothing to migrate: a newer version has applied ${newer.join(', ')}`
  return applied.length === 0 ? 'nothing to migrate' : `migrated: ${applied.join(', ')}`
}
