/** The database has another history than this version: no migration leads from there to here. */
export class MigrationsDifferError extends Error {
  override readonly name = 'MigrationsDifferError'
  readonly code = 'MIGRATIONS_DIFFER'
}

/**
 * Which migrations a newer version has run after all of ours: a version still runs on the result of
 * its successor's.
 *
 * @param executed - the names that the database remembers, in any order.
 * @param ours - the names that this version knows, in their order.
 * @returns none when ours, from the first on, are all that was run.
 * @throws MigrationsDifferError when one that is not known, or was left out, is among ours.
 */
export function newerMigrations(
  executed: readonly string[],
  ours: readonly string[],
): readonly string[] {
  const lastExecuted = executed.toSorted().at(-1) ?? ''
  const lastOurs = ours.at(-1) ?? ''
  const unknown = executed.filter((name) => !ours.includes(name)).toSorted()
  const leftOut = ours.filter((name) => name < lastExecuted && !executed.includes(name))
  const differences = [
    ...unknown.filter((name) => name < lastOurs).map((name) => `${name} is not known here`),
    ...leftOut.map((name) => `${name} was left out`),
  ]
  if (differences.length === 0) return unknown
  throw new MigrationsDifferError(
    `its migrations are not those of this version (${differences.join(', ')}); ` +
      'run the version that they belong to, or use another database',
  )
}
