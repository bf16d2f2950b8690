import { createHash } from 'node:crypto'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * RFC 9562's namespace for URLs. A well-known one, so that every producer can tell what its own
 * run id becomes: `uuid5(NAMESPACE_URL, id)` in Python, `uuid_generate_v5(uuid_ns_url(), id)` in
 * Postgres.
 */
const NAMESPACE_URL = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')

/**
 * A run id as we keep it: a UUID in lower case, whatever its version; anything else becomes the
 * version 5 UUID of its text, the same one each time.
 */
export function canonicalRunId(runId: string): string {
  const lower = runId.toLowerCase()
  return UUID.test(lower) ? lower : uuidVersion5(runId)
}

function uuidVersion5(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE_URL).update(name).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6) // the version
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8) // the variant of RFC 9562
  const hex = bytes.toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
