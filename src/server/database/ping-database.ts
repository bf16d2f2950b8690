import type { Database } from './open-database.js'

/** Whether the database answers now. */
export async function pingDatabase(database: Database): Promise<boolean> {
  try {
    await database.pool.query('SELECT 1')
    return true
  } catch {
    return false // this is the question, and the answer is no
  }
}
