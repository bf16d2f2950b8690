import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { useWrappedRuns } from '../support/wrapped-runs.js'
import { peakMemoryKb, shell, startWrapped } from '../support/wrapped-command.js'

const GIBIBYTE = 1_073_741_824

const { wrapped, inFolder, rowsOf, readJob, bash, folder } = useWrappedRuns()

describe('a command that ends by itself', () => {
  it('keeps its output and its exit code, and is recorded as completed', async () => {
    const ended = await wrapped({
      job: 'fine',
      command: shell('echo out; sleep 0.3; echo err >&2'),
    })
    const rows = await rowsOf('fine')

    expect(ended).toMatchObject({ exitCode: 0, signal: null, stderr: 'err\n' })
    expect(ended.stdout.toString()).toBe('out\n')
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ state: 'COMPLETED', exit_code: 0, log_tail: 'out\nerr\n' })
    expect(rows[0]!.duration_ms).toBeGreaterThanOrEqual(300)
    expect(rows[0]!.duration_ms).toBeLessThan(ended.tookMs)
  })

  it('fails with its own exit code and its last words', async () => {
    const command = shell('echo token=abc123; echo "disk full" >&2; exit 3')

    const ended = await wrapped({ job: 'fails', command, options: ['--namespace', 'team'] })

    expect(ended).toMatchObject({ exitCode: 3, signal: null, stderr: 'disk full\n' })
    expect(await rowsOf('fails', 'team')).toMatchObject([
      {
        state: 'FAILED',
        exit_code: 3,
        error_message: 'exit code 3: disk full',
        log_tail: 'token=[redacted]\ndisk full\n',
      },
    ])
  })

  it.each([
    ['no-such-command', 127],
    ['./package.json', 126],
  ])('%s cannot be started: %d, as in a shell', async (program, exitCode) => {
    const job = `starts-${exitCode}`

    const ended = await wrapped({ job, command: [program] })

    expect(ended.exitCode).toBe(exitCode)
    expect(ended.stderr).toMatch(/^pipecast: [^\n]+\n$/)
    expect(await rowsOf(job)).toMatchObject([{ state: 'FAILED', exit_code: exitCode }])
  })

  it('tells how many records it wrote', async () => {
    const command = shell('echo 1234 > "$PIPECAST_RECORDS"')

    await wrapped({ job: 'counts', command })

    expect(await rowsOf('counts')).toMatchObject([{ state: 'COMPLETED', rows_written: '1234' }])
  })

  it('tells what is expected of the job', async () => {
    const options = ['--cron', '30 3 * * *', '--tz', 'Europe/Riga', '--grace', '10m']

    const { stderr } = await wrapped({
      job: 'expected',
      command: ['true'],
      options: [...options, '--max-runtime', '1h30m'],
    })

    expect(stderr).toBe('')
    expect(await readJob('expected')).toMatchObject({
      schedule: { cron: '30 3 * * *', timezone: 'Europe/Riga' },
      grace: 'PT10M',
      max_runtime: 'PT1H30M',
    })
  })

  it('is given its arguments as they are, options and dashes too', async () => {
    const command = ['printf', '%s|', '--url', 'x', '--', '-n', 'a b', '']

    const { stdout } = await wrapped({ command })

    expect(stdout.toString()).toBe('--url|x|--|-n|a b||')
  })

  it.each([
    [['--every', '1h', '--cron', '* * * * *']],
    [['--tz', 'Europe/Riga']],
    [['--nonsense']],
    [['--grace', 'soon']],
    [['--url', 'ftp://host']],
  ])('is not started with wrong options: %j', async (options) => {
    const { exitCode, stdout, stderr } = await wrapped({ options, command: ['echo', 'started'] })

    expect(exitCode).toBe(2)
    expect(stdout.toString()).toBe('')
    expect(stderr).toMatch(/^error: /)
  })
})

describe('bytes', () => {
  it('of stdin, and back through cat, are the same', async () => {
    const input = randomBytes(5_000_000)

    const { stdout, exitCode } = await wrapped({ command: ['cat'], input })

    expect(exitCode).toBe(0)
    expect(sha256(stdout)).toBe(sha256(input))
  })

  it('of a reader that goes early: the command meets the closed pipe', async () => {
    const output = await bash('$WRAP job -- yes | head -n 1; echo "${PIPESTATUS[0]}"')

    expect(output).toBe('y\n141\n')
  })

  it.each(['exit 1', 'kill -TERM $$'])(
    'of whoever writes after us into the same pipe are safe: it blocks again after %s',
    async (script) => {
      const output = await bash(`$WRAP job -- sh -c '${script}'; cat /proc/self/fdinfo/1`)
      const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(output)?.[1] ?? '', 8)

      expect(flags & constants.O_NONBLOCK).toBe(0)
      expect(flags & constants.O_RDWR).toBe(constants.O_RDWR) // it was read at all
    },
  )

  it('a gibibyte passes in little memory, all of it', { timeout: 120_000 }, async () => {
    const startedAt = performance.now()
    const wrapper = startWrapped(
      inFolder({ job: 'large', command: ['head', '-c', String(GIBIBYTE), '/dev/zero'] }),
    )
    let bytes = 0
    let peakKb = 0
    wrapper.stdout?.on('data', (chunk: Buffer) => (bytes += chunk.length))
    const looks = setInterval(() => {
      peakKb = Math.max(peakKb, peakMemoryKb(wrapper.pid))
    }, 20)
    await once(wrapper, 'close')
    clearInterval(looks)
    const seconds = (performance.now() - startedAt) / 1_000
    console.log(
      `1 GiB in ${seconds.toFixed(2)} s, ${(1_024 / seconds).toFixed(0)} MiB/s, peak ${Math.round(peakKb / 1_024)} MiB`,
    )

    expect(wrapper.exitCode).toBe(0)
    expect(bytes).toBe(GIBIBYTE)
    expect(peakKb).toBeGreaterThan(0)
    expect(peakKb).toBeLessThan(150 * 1_024)
    expect(await rowsOf('large')).toMatchObject([{ state: 'COMPLETED' }])
  })

  it('a reader that stalls is waited for, in little memory', { timeout: 60_000 }, async () => {
    const wrapper = startWrapped(inFolder({ command: ['head', '-c', '300000000', '/dev/zero'] }))
    await delay(1_500)
    const stalledKb = peakMemoryKb(wrapper.pid)
    let bytes = 0
    wrapper.stdout?.on('data', (chunk: Buffer) => (bytes += chunk.length))
    await once(wrapper, 'close')

    expect(bytes).toBe(300_000_000)
    expect(stalledKb).toBeGreaterThan(0)
    expect(stalledKb).toBeLessThan(150 * 1_024)
  })
})

describe('a terminal', () => {
  const hasScript = existsSync('/usr/bin/script')

  it.skipIf(!hasScript)('is given to the command as it is, so nothing is logged', async () => {
    writeFileSync(join(folder(), 'ask'), 'test -t 1 && test -t 2 && echo yes; exit 4')

    const output = await bash(
      `script -qec "$WRAP terminal -- sh '${folder()}/ask'" /dev/null; echo $?`,
    )
    rmSync(join(folder(), 'ask'))

    expect(output.split(/\s+/)).toEqual(['yes', '4', ''])
    expect(await rowsOf('terminal')).toMatchObject([{ exit_code: 4, log_tail: null }])
  })
})

describe('in the end', () => {
  it('leaves nothing in the temporary folder', () => {
    expect(readdirSync(folder())).toEqual([])
  })
})

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
