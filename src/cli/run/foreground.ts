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

/** @param stat - a line of `/proc/<pid>/stat`: the name may hold blanks and brackets. */
export function isForegroundStat(stat: string): boolean {
  const [, , group, , , terminalGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return group !== undefined && group === terminalGroup
}
