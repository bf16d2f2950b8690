import { EventEmitter, once } from 'node:events'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { accept } from './report-server.js'
import { givenServer, interruptAfter, runInto, runToEnd, shell } from './run-in-process.js'

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'])(
    '%s reaches the command',
    async (signal) => {
      const signals = new EventEmitter()
      const name = signal.slice(3)
      const script = `trap "echo got; exit 5" ${name}; while :; do sleep 0.02; done`
      const sending = setTimeout(() => signals.emit(signal, signal), 300)
      onTestFinished(() => clearTimeout(sending))

      const { end, out } = await runToEnd({ command: shell(script), signals })

      expect(end).toEqual({ kind: 'exited', exitCode: 5 })
      expect(out).toBe('got\n')
      expect(signals.eventNames()).toEqual([])
    },
  )

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'])(
    '%s while the end is being reported does not lose it',
    async (signal) => {
      const signals = new EventEmitter()
      const server = await givenServer((response, { body }) => {
        if (isEnd(body)) signals.emit(signal, signal)
        setTimeout(() => accept(response), isEnd(body) ? 300 : 0)
      })

      const { end, err } = await runToEnd({ command: ['true'], base: server.base, signals })

      expect(end).toEqual({ kind: 'exited', exitCode: 0 })
      expect(err).toBe('')
    },
  )

  it('one between the end and its report does not lose it', async () => {
    const server = await givenServer()
    const signals = new EventEmitter()
    const stderr = new PassThrough()
    const running = runInto(
      { stdout: new PassThrough().resume(), stderr },
      {
        command: shell('(while :; do echo on; sleep 0.03; done) & echo $$ >&2'),
        base: server.base,
        signals,
      },
    )

    const [pid] = (await once(stderr, 'data')) as [Buffer]

    await interruptAfter(Number(pid), signals)
    await running

    expect(server.events().map(({ eventType }) => eventType)).toContain('COMPLETE')
  })

  it.each([
    ['from elsewhere', false],
    ['from our terminal', true],
  ])('one while the server hangs leaves it a second: %s', async (_from, isInForeground) => {
    const signals = new EventEmitter()
    const server = await givenServer((_response, { body }) => {
      if (isEnd(body)) signals.emit('SIGINT', 'SIGINT')
    })

    const { end, err, tookMs } = await runToEnd({
      command: ['true'],
      base: server.base,
      signals,
      isInForeground,
      times: { heartbeatMs: 60_000, budgetMs: 20_000 },
    })

    expect(end).toEqual({ kind: 'exited', exitCode: 0 })
    expect(err).toMatch(LOST)
    expect(tookMs).toBeGreaterThan(990)
    expect(tookMs).toBeLessThan(10_000)
  })

  it('a second one ends the reporting at once, and that is said', async () => {
    const signals = new EventEmitter()
    const server = await givenServer((response, { body }) => {
      if (!isEnd(body)) accept(response)
      else for (const ms of [0, 150]) setTimeout(() => signals.emit('SIGINT', 'SIGINT'), ms)
    })

    const { end, err, tookMs } = await runToEnd({
      command: ['true'],
      base: server.base,
      signals,
      times: { heartbeatMs: 60_000, budgetMs: 20_000 },
    })

    expect(end).toEqual({ kind: 'exited', exitCode: 0 })
    expect(err).toMatch(LOST)
    expect(tookMs).toBeLessThan(10_000)
  })
})

describe('signals while the reader of the output stalls', () => {
  it.each([
    ['one leaves it a second', [], 1_000],
    ['a second one leaves it nothing', [150], 150],
  ] as const)('%s, and then the end is the command’s own', async (_what, laterMs, leastMs) => {
    const signals = new EventEmitter()
    const stderr = new PassThrough()
    const running = runInto(
      { stdout: new PassThrough({ highWaterMark: 1_000 }), stderr },
      { command: shell('head -c 60000 /dev/zero; echo $$ >&2; exit 3'), signals },
    )
    const [pid] = (await once(stderr, 'data')) as [Buffer]
    const said = text(stderr)
    const startedAt = performance.now()

    await interruptAfter(Number(pid), signals, ...laterMs)
    const ended = await running
    const tookMs = performance.now() - startedAt
    stderr.end()

    expect(ended).toEqual({ end: { kind: 'exited', exitCode: 3 }, isOutputPassed: false })
    expect(await said).toBe(
      'pipecast: a signal came before all of the output had been read; the rest is lost\n',
    )
    expect(tookMs).toBeGreaterThan(leastMs)
    expect(tookMs).toBeLessThan(10_000)
  })
})

const LOST = /^pipecast: this run could not be reported to [^\n]+\n$/

function isEnd(event: unknown): boolean {
  return (event as { readonly eventType: string }).eventType === 'COMPLETE'
}
