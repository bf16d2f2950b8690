/** There are no Postgres binaries that this machine can run: DATABASE_URL is needed. */
export class UnsupportedPlatformError extends Error {
  override readonly name = 'UnsupportedPlatformError'
  readonly code = 'EMBEDDED_POSTGRES_UNSUPPORTED'

  /** @param reason - what is missing, a sentence without its full stop. */
  constructor(reason: string, options?: ErrorOptions) {
    super(`${reason}: set DATABASE_URL to a Postgres 15 or newer that you run yourself`, options)
  }
}

/** The data folder cannot be used by this user: other permissions or another DATA_DIR are needed. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError'
  readonly code = 'EMBEDDED_POSTGRES_DATA_DIRECTORY'

  /** @param reason - what is wrong with the folder, a sentence without its full stop. */
  constructor(reason: string, options?: ErrorOptions) {
    super(
      `${reason}: start as the user that owns it, set DATA_DIR to another folder, or set DATABASE_URL`,
      options,
    )
  }
}

/** Postgres did not start; the message carries the last lines that it wrote. */
export class PostgresStartError extends Error {
  override readonly name = 'PostgresStartError'
  readonly code = 'EMBEDDED_POSTGRES_START_FAILED'

  /**
   * @param reason - what failed, a sentence without its full stop.
   * @param details - what Postgres said, and where to read more.
   */
  constructor(reason: string, details: { readonly output: string; readonly logFile?: string }) {
    const where = details.logFile === undefined ? '' : ` (all of it: ${details.logFile})`
    const said = details.output.trim() === '' ? 'nothing' : `\n${details.output.trim()}`
    super(
      `${reason}. Mend what Postgres complains of, or set DATABASE_URL. It said${where}: ${said}`,
    )
  }
}

/** The `code` of a Node or Postgres error, or `undefined` where it has none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What an error says; of a Postgres error only this and the code may be shown, never the object. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
