import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { givenServer, runInto, runToEnd, shell, TIMES } from './run-in-process.js'

describe('what is reported', () => {
  it('START before and COMPLETE after, of one run, with exit code and log', async () => {
    const server = await givenServer()

    const { end, out, err } = await runToEnd({
      command: shell('echo out; sleep 0.2; echo err >&2'),
      base: server.base,
      request: { token: 'secret' },
    })
    const [start, complete] = server.events()

    expect(end).toEqual({ kind: 'exited', exitCode: 0 })
    expect([out, err]).toEqual(['out\n', 'err\n'])
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([
      'Bearer secret',
      'Bearer secret',
    ])
    expect(start).toMatchObject({ eventType: 'START', job: { namespace: 'team/a' } })
    expect(complete).toMatchObject({ eventType: 'COMPLETE', job: { name: 'nightly' } })
    expect(complete!.run.runId).toBe(start!.run.runId)
    expect(complete!.run.facets.pipecast_run).toMatchObject({
      exitCode: 0,
      logTail: 'out\nerr\n',
    })
    const durationMs = Date.parse(complete!.eventTime) - Date.parse(start!.eventTime)
    expect(durationMs).toBeGreaterThanOrEqual(200)
    expect(durationMs).toBeLessThan(5_000)
    expect(complete).not.toHaveProperty('outputs')
  })

  it.each<[string, readonly [string, ...string[]], number, string]>([
    ['an exit code', shell('echo "disk full" >&2; echo >&2; exit 3'), 3, 'exit code 3: disk full'],
    ['a signal', shell('kill -TERM $$'), 143, 'killed by SIGTERM'],
    ['no such command', ['no-such-command'], 127, 'exit code 127: command not found'],
    ['no program', ['./package.json'], 126, 'exit code 126: permission denied'],
  ])('FAIL with its reason: %s', async (_what, command, exitCode, message) => {
    const server = await givenServer()

    await runToEnd({ command, base: server.base })
    const fail = server.events().find(({ eventType }) => eventType === 'FAIL')

    expect(server.events().map(({ eventType }) => eventType)).toContain('START')
    expect(fail!.run.facets.errorMessage!.message).toBe(message)
    expect(fail!.run.facets.pipecast_run.exitCode).toBe(exitCode)
  })

  it('says on stderr why a command could not be started, as shells do', async () => {
    const { err } = await runToEnd({ command: ['no-such-command'] })

    expect(err).toBe('pipecast: no-such-command: command not found\n')
  })

  it('heartbeats while it runs, and none after', async () => {
    const server = await givenServer()

    await runToEnd({
      command: ['sleep', '0.6'],
      base: server.base,
      times: { ...TIMES, heartbeatMs: 100 },
    })
    const types = server.events().map(({ eventType }) => eventType)
    await delay(250)

    expect(types[0]).toBe('START')
    expect(types.at(-1)).toBe('COMPLETE')
    expect(types.filter((type) => type === 'RUNNING').length).toBeGreaterThanOrEqual(2)
    expect(server.events()).toHaveLength(types.length)
  })

  it('expectations go to the job, its names encoded', async () => {
    const server = await givenServer()
    const expectations = { schedule: { interval: 'PT1H' }, grace: 'PT5M' }

    await runToEnd({ command: ['true'], base: server.base, request: { expectations } })
    const put = server.requests.find(({ method }) => method === 'PUT')

    expect(put?.path).toBe('/api/v1/namespaces/team%2Fa/jobs/nightly')
    expect(put?.body).toEqual(expectations)
  })
})

describe('records', () => {
  it.each([
    ['1234', 1234],
    ['  0\n', 0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740993', undefined],
    ['', undefined],
    ['-1', undefined],
    ['12 rows', undefined],
    ['9'.repeat(70), undefined],
  ])('%j in the file counts as %s', async (content, expected) => {
    const server = await givenServer()

    await runToEnd({
      command: shell(`printf '%s' '${content}' > "$PIPECAST_RECORDS"`),
      base: server.base,
    })
    const complete = server.events().find(({ eventType }) => eventType === 'COMPLETE')
    const output = complete!.outputs?.[0]

    expect(output?.outputFacets.outputStatistics.rowCount).toBe(expected)
    if (expected !== undefined) expect(output).toMatchObject({ namespace: 'team/a' })
  })

  it.each([
    'rm "$PIPECAST_RECORDS"',
    'rm "$PIPECAST_RECORDS"; mkfifo "$PIPECAST_RECORDS"',
    'rm "$PIPECAST_RECORDS"; mkdir "$PIPECAST_RECORDS"',
  ])('whatever the command leaves there, it does not hold us: %s', async (script) => {
    const server = await givenServer()

    const { end } = await runToEnd({ command: shell(script), base: server.base })

    expect(end).toEqual({ kind: 'exited', exitCode: 0 })
    expect(server.events().at(-1)).not.toHaveProperty('outputs')
  })

  it.each(['exit 0', 'exit 1', 'kill -KILL $$'])('nothing is left behind: %s', async (script) => {
    const { out } = await runToEnd({ command: shell(`echo "$PIPECAST_RECORDS"; ${script}`) })
    const folder = join(out.trim(), '..')

    expect(folder).toContain('pipecast-run-')
    expect(existsSync(folder)).toBe(false)
  })

  it('the command learns its run and its job', async () => {
    const server = await givenServer()

    const { out } = await runToEnd({
      command: shell('echo "$PIPECAST_RUN_ID $PIPECAST_JOB"'),
      base: server.base,
    })

    expect(out).toBe(`${server.events()[0]!.run.runId} nightly\n`)
  })
})

describe('output', () => {
  it('can be opened again by name, as shell scripts do', async () => {
    const { out, err } = await runToEnd({
      command: shell('echo one > /dev/stdout; echo two > /dev/stderr'),
    })

    expect([out, err]).toEqual(['one\n', 'two\n'])
  })

  it('what runs on in the background does not hold the end', async () => {
    const { out, tookMs } = await runToEnd({ command: shell('echo done; sleep 5 &') })

    expect(out).toBe('done\n')
    expect(tookMs).toBeLessThan(2_000)
  })

  it('not even what never is silent there', async () => {
    const { out, tookMs } = await runToEnd({
      command: shell('(while :; do echo on; sleep 0.03; done) & echo done'),
    })

    expect(out).toMatch(/^(on\n)*done\n(on\n)+$/)
    expect(tookMs).toBeLessThan(4_000)
  })

  it('a reader that stalls gets everything, and the end is reported meanwhile', async () => {
    const server = await givenServer()
    const stdout = new PassThrough({ highWaterMark: 1_000 })
    const running = runInto(
      { stdout, stderr: new PassThrough() },
      { command: ['head', '-c', '60000', '/dev/zero'], base: server.base },
    )

    await expect.poll(() => server.events().length, { timeout: 4_000 }).toBe(2)
    let isOver = false
    void running.then(() => {
      isOver = true
    })
    await delay(50)
    const wasOverWithoutReader = isOver
    let bytes = 0
    stdout.on('data', (chunk: Buffer) => (bytes += chunk.length))
    await running

    expect(wasOverWithoutReader).toBe(false)
    expect(bytes).toBe(60_000)
  })

  it('a reader that goes ends the command as it would without us', async () => {
    const stdout = new PassThrough()
    stdout.once('data', () => stdout.destroy(new Error('EPIPE')))

    const ended = await runInto({ stdout, stderr: new PassThrough() }, { command: ['yes'] })

    expect(ended).toEqual({ end: { kind: 'killed', signal: 'SIGPIPE' }, isOutputPassed: true })
  })
})

describe('trouble with the temporary folder', () => {
  it('no place for it: the command runs all the same, without records', async () => {
    const place = await temporaryPlace()
    await rm(place, { recursive: true })
    await writeFile(place, '')

    const { end, out, err } = await runToEnd({ command: shell('echo "[$PIPECAST_RECORDS]"') })

    expect(end).toEqual({ kind: 'exited', exitCode: 0 })
    expect(out).toBe('[]\n')
    expect(err).toBe(`pipecast: trouble with a folder in ${place}: ENOTDIR\n`)
  })

  it('no room for what is in it: the command runs all the same, without records', async () => {
    const place = await temporaryPlace(LONGEST_PATH - '/pipecast-run-XXXXXX/'.length)

    const { end, out, err } = await runToEnd({
      command: shell('echo "[$PIPECAST_RECORDS]"; exit 3'),
    })

    expect(end).toEqual({ kind: 'exited', exitCode: 3 })
    expect(out).toBe('[]\n')
    expect(err).toBe(`pipecast: trouble with a folder in ${place}: ENAMETOOLONG\n`)
    expect(await readdir(place)).toEqual([])
  })

  it.each(['exit 0', 'exit 3'])('it cannot be removed: the end stays %s', async (script) => {
    const place = await temporaryPlace()

    const { end, err } = await runToEnd({
      command: shell(`rm -r ${place} && ln -s ${place} ${place} && ${script}`),
    })

    expect(end).toEqual({ kind: 'exited', exitCode: Number(script.slice(-1)) })
    expect(err.startsWith(`pipecast: trouble with a folder in ${place}: `)).toBe(true)
    expect(err).toMatch(/: .*(ELOOP|Too many levels of symbolic links).*\n$/)
  })
})

/** The longest path that Linux takes, in bytes. */
const LONGEST_PATH = 4_095

/** The place for temporary folders during the test; its path can be made long. */
async function temporaryPlace(length = 0): Promise<string> {
  const outer = await mkdtemp(join(tmpdir(), 'pipecast-place-'))
  let place = join(outer, 'place')
  while (place.length < length)
    place += `/${'x'.repeat(Math.min(200, Math.max(1, length - place.length - 1)))}`
  await mkdir(place, { recursive: true })
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = place
  onTestFinished(async () => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    await rm(outer, { recursive: true })
  })
  return place
}
