/** Where a page of runs ends; the next begins after it. Newest runs come first. */
export interface RunPosition {
  /** ISO 8601 in UTC with six fractional digits, as Postgres keeps it. */
  readonly startedAt: string
  readonly runId: string
}

const POSITION =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** Writes a position as the opaque text that a caller sends back. */
export function encodeCursor({ startedAt, runId }: RunPosition): string {
  return Buffer.from(`${startedAt} ${runId}`).toString('base64url')
}

/** @returns `null` for a text that is no cursor of ours. */
export function decodeCursor(cursor: string): RunPosition | null {
  const match = POSITION.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  const [, startedAt = '', runId = ''] = match ?? []
  const isInstant = match !== null && !Number.isNaN(Date.parse(startedAt))
  return isInstant ? { startedAt, runId } : null
}
