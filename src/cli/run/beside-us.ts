import { readFileSync } from 'node:fs'
import { processGroup } from './foreground.js'

/**
 * Whether a process is in our process group and in our control group, so that it hears what is sent
 * to either. False where that cannot be seen.
 */
export function isBesideUs(pid: number | undefined): boolean {
  if (pid === undefined) return false
  try {
    return placeOf('self') === placeOf(String(pid))
  } catch {
    return false // it is gone, or there is no /proc
  }
}

function placeOf(process: string): string {
  const read = (file: string) => readFileSync(`/proc/${process}/${file}`, 'latin1')
  return `${processGroup(read('stat'))}\n${read('cgroup')}`
}
