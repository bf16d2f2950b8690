import { cpus, loadavg, release, totalmem, type } from 'node:os'

/** One line about where this runs. */
export function describeMachine(): string {
  const [cpu] = cpus()
  const memoryGb = (totalmem() / 2 ** 30).toFixed(0)
  const load = loadavg()[0]?.toFixed(1) ?? '?'
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${memoryGb} GB, ${type()} ${release()}, Node ${process.version}, load ${load} at the start`
}

/** Whether so much else runs here that rates and times would mislead. */
export function isMachineBusy(): boolean {
  return (loadavg()[0] ?? 0) > cpus().length / 2
}

/** How many files this process may have open; `Infinity` where the system does not say. */
export function openFilesLimit(): number {
  const report = process.report.getReport() as {
    userLimits?: { open_files?: { soft?: number | string } }
  }
  const soft = report.userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY
}
