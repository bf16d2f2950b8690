import { loadConfig } from './config/load-config.js'
import type { MigratedSchema } from './database/migrate-to-latest.js'
import { migrateWhenReachable } from './database/migrate-when-reachable.js'

/** A migration may rewrite a large table, or wait for a dump of it to end. */
const TIMEOUT_MS = 3_600_000

/** A database that starts beside us is soon there; an address with a typing error never is. */
const AWAY_TIMEOUT_MS = 60_000

await migrate().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})

async function migrate(): Promise<void> {
  const { databaseUrl } = loadConfig(process.env)
  if (databaseUrl === undefined) {
    throw new Error('DATABASE_URL is not set; the embedded Postgres is migrated at each start')
  }
  const patience = new AbortController()
  let trouble = ''
  let end: NodeJS.Timeout | undefined
  const migrated = await migrateWhenReachable({
    connectionString: databaseUrl,
    timeoutMs: TIMEOUT_MS,
    signal: patience.signal,
    onWait: (what, reason, failure) => {
      trouble = reason
      process.stderr.write(`${what}: ${reason}\n`)
      clearTimeout(end)
      const patienceMs = failure === 'unavailable' ? AWAY_TIMEOUT_MS : TIMEOUT_MS
      end = setTimeout(() => patience.abort(), patienceMs)
    },
  })
  clearTimeout(end)
  if (migrated === null) throw new Error(`not migrated, given up: ${trouble}`)
  process.stdout.write(`${describe(migrated)}\n`)
}

function describe({ applied, newer }: MigratedSchema): string {
  if (newer.length > 0) return `nothing to migrate: a newer version has applied ${newer.join(', ')}`
  return applied.length === 0 ? 'nothing to migrate' : `migrated: ${applied.join(', ')}`
}
