import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const module = join(import.meta.dirname, '../../dist/src/server/observability/create-log.js')

/** What a process that logs 500 lines in a rush and then ends has written; exit codes do not matter. */
async function linesOf(end: string): Promise<readonly number[]> {
  const script = `
    import { setTimeout as delay } from 'node:timers/promises'
    import { createLog } from ${JSON.stringify(module)}
    const log = createLog('info')
    log.info({ line: 0 }, 'alone')
    await delay(50)
    for (let line = 1; line < 500; line += 1) log.info({ line }, 'x'.repeat(100))
    ${end}`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    script,
  ]).catch((failure: unknown) => failure as { readonly stdout: string })
  return stdout
    .trimEnd()
    .split('\n')
    .map((text) => (JSON.parse(text) as { readonly line: number }).line)
}

describe('the log', () => {
  it.each([
    { what: 'an exit', end: 'process.exit(0)' },
    { what: 'an error that nobody caught', end: "throw new Error('broken')" },
    { what: 'an end because nothing is left to do', end: '' },
  ])('loses no line by $what in a rush', async ({ end }) => {
    const lines = await linesOf(end)

    expect(lines).toEqual(Array.from({ length: 500 }, (_, line) => line))
  })

  it('has a fatal line, and all before it, when the process is killed at once', async () => {
    const lines = await linesOf(
      "log.fatal({ line: 500 }, 'broken'); process.kill(process.pid, 'SIGKILL')",
    )

    expect(lines).toEqual(Array.from({ length: 501 }, (_, line) => line))
  })
})
