import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
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
    .map((line) => (JSON.parse(line) as { readonly line: number }).line)
}

const UNREAD_MS = 1_000

/** Logs so many lines of 200 characters in a rush, then tells on stderr how long that took. */
const rush = (count: number) => `
  import { createLog } from ${JSON.stringify(module)}
  const log = createLog('info')
  const startedAt = performance.now()
  for (let line = 0; line < ${count}; line += 1) log.info({ line }, 'x'.repeat(137))
  console.error(performance.now() - startedAt)`

/** What becomes of a rush of lines when the first of them is read only after a while. */
async function logUnread(count: number) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', rush(count)])
  const rushMs = text(child.stderr).then(Number)
  await delay(UNREAD_MS)
  const lines = (await text(child.stdout)).trimEnd().split('\n')
  const numbers = lines.map((line) => (JSON.parse(line) as { readonly line: number }).line)
  expect(numbers).toEqual(numbers.map((_, index) => index))
  return { rushMs: await rushMs, lines: lines.length }
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

  it('is not waited for while its reader is a little behind', async () => {
    const { rushMs, lines } = await logUnread(3_000)

    expect(lines).toBe(3_000)
    expect(rushMs).toBeLessThan(UNREAD_MS / 2)
  })

  it('loses no line, and waits, when its reader has stopped for long', async () => {
    const { rushMs, lines } = await logUnread(12_000)

    expect(lines).toBe(12_000)
    expect(rushMs).toBeGreaterThan(UNREAD_MS / 2)
  })

  it('is no reason to fail when nobody reads it any more', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', rush(12_000)])
    child.stdout.destroy()

    const [exitCode] = await once(child, 'exit')

    expect(exitCode).toBe(0)
  })
})
