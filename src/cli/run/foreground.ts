import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'

/**
 * Whether this process belongs to the group that a terminal's keys speak to. Then the command,
 * which is of the same group, has heard them by itself.
 */
export function isInForeground(): boolean {
  try {
    return isForegroundStat(readFileSync('/proc/self/stat', 'latin1'))
  } catch {
    return [0, 1, 2].some((descriptor) => isatty(descriptor)) // no Linux: the best guess
  }
}

/** @param stat - a line of `/proc/<pid>/stat`. */
export function isForegroundStat(stat: string): boolean {
  const [, , group, , , terminalGroup] = statFields(stat)
  return group !== undefined && group === terminalGroup
}

/** @param stat - a line of `/proc/<pid>/stat`. */
export function processGroup(stat: string): string {
  return statFields(stat)[2] ?? ''
}

/** What follows the name, which may hold blanks and brackets. */
function statFields(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
