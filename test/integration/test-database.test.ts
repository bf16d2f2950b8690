import pg from 'pg'
import { describe, expect, inject, it, vi } from 'vitest'
import { createTestDatabase } from '../support/test-database.js'

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

describe('a test database', () => {
  it('comes migrated, also when many are asked for at the same instant', async () => {
    const databases = await Promise.all(Array.from({ length: 8 }, () => createTestDatabase()))

    const answers = await Promise.all(
      databases.map((database) =>
        query(database.connectionString, `SELECT to_regclass('pipecast.job') IS NOT NULL AS found`),
      ),
    )

    expect(answers).toEqual(databases.map(() => [{ found: true }]))
    expect(new Set(databases.map((database) => database.connectionString)).size).toBe(8)
    await Promise.all(databases.map((database) => database.drop()))
  })

  it('is gone after drop, even with a session still open', async () => {
    const database = await createTestDatabase()
    const lingering = new pg.Client({ connectionString: database.connectionString })
    const errors: Error[] = []
    lingering.on('error', (error) => errors.push(error))
    await lingering.connect()

    await database.drop()

    await expect(query(database.connectionString, 'SELECT 1')).rejects.toThrow('does not exist')
    await vi.waitFor(() => expect(errors[0]).toMatchObject({ code: '57P01' }))
  })

  it('lives in a cluster that counts its statements', async () => {
    const settings = await query(inject('postgresUrl'), 'SHOW shared_preload_libraries')

    expect(settings).toEqual([{ shared_preload_libraries: 'pg_stat_statements' }])
  })
})
