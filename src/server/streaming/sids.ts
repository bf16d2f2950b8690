import { randomFillSync } from 'node:crypto'

/** Twelve characters of base64url. */
const SID_BYTES = 9

/** Bytes for so many are drawn at a time: asking for them costs more than the bytes. */
const SIDS_IN_POOL = 455

const pool = Buffer.alloc(SID_BYTES * SIDS_IN_POOL)
let used = pool.length

/** A new name for a connection, which nobody can guess. */
export function createSid(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += SID_BYTES
  return pool.toString('base64url', used - SID_BYTES, used)
}
