import { createInterface } from 'node:readline'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/server/database/embedded-postgres.js'

/** What an owner process tells its test, one JSON line each. */
export type OwnerMessage =
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'up'; readonly adopted: boolean; readonly connectionString: string }
  | { readonly type: 'committed'; readonly number: number }
  | { readonly type: 'stopped' }

function tell(message: OwnerMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** Owns the embedded Postgres of the folder named by the first argument until told `stop`. */
async function own(dataDir: string): Promise<void> {
  const log = (line: string) => tell({ type: 'log', line })
  const server = await startEmbeddedPostgres({ dataDir, log })
  const { adopted, connectionString } = server
  tell({ type: 'up', adopted, connectionString })
  for await (const command of createInterface({ input: process.stdin })) {
    if (command === 'stop') {
      await server.stop()
      tell({ type: 'stopped' })
      process.exit(0)
    }
    if (command === 'commit') await commitForEver(connectionString)
  }
}

/** Each number is told only after Postgres has acknowledged its commit. */
async function commitForEver(connectionString: string): Promise<never> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query('CREATE TABLE acknowledged (number integer PRIMARY KEY)')
  for (let number = 1; ; number++) {
    await client.query('INSERT INTO acknowledged VALUES ($1)', [number])
    tell({ type: 'committed', number })
  }
}

await own(process.argv[2] ?? '')
