import pg from 'pg'

/** Counts in the database itself how often a snapshot is read. */
export interface SnapshotReads {
  /** How many reads there were while something else happened. */
  during(wait: () => Promise<unknown>): Promise<number>
  close(): Promise<void>
}

/** Starts counting in a test database. */
export async function countSnapshotReads(connectionString: string): Promise<SnapshotReads> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
  // The totals are read for each snapshot, and for nothing else: the sweeper reads jobs as well.
  const count = async () => {
    const { rows } = await client.query<{ reads: number }>(
      `SELECT coalesce(sum(calls), 0)::integer AS reads FROM pg_stat_statements
       WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND query LIKE '%AS "runs24h"%'`,
    )
    return rows[0]!.reads
  }
  return {
    during: async (wait) => {
      const before = await count()
      await wait()
      return (await count()) - before
    },
    close: () => client.end(),
  }
}
