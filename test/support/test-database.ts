import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { TEMPLATE_DATABASE } from './template-database.js'

/** A migrated, empty database for one test file. */
export interface TestDatabase {
  readonly connectionString: string
  /** Removes it, cutting off whoever is still connected. */
  drop(): Promise<void>
}

/** Creates a database of its own for a test file: call it in `beforeAll`, `drop` in `afterAll`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const url = new URL(inject('postgresUrl'))
  const name = `test_${randomBytes(6).toString('hex')}`
  await runAsAdmin(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`)
  url.pathname = name
  return {
    connectionString: url.href,
    drop: () => runAsAdmin(`DROP DATABASE ${name} WITH (FORCE)`),
  }
}

async function runAsAdmin(statement: string): Promise<void> {
  const admin = new pg.Client({ connectionString: inject('postgresUrl') })
  await admin.connect()
  try {
    await admin.query(statement)
  } finally {
    await admin.end()
  }
}
