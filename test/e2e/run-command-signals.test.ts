import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { shell, startWrapped } from '../support/wrapped-command.js'
import { useWrappedRuns } from '../support/wrapped-runs.js'

const { wrapped, inFolder, rowsOf, bash } = useWrappedRuns()

describe('a command and its signals', () => {
  it('SIGTERM reaches it, and what it says then still arrives', async () => {
    const script = 'trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.02; done'

    const ended = await wrapped({
      job: 'trapped',
      command: shell(script),
      onOutput: (wrapper) => wrapper.kill('SIGTERM'),
    })

    expect(ended).toMatchObject({ exitCode: 7, signal: null })
    expect(ended.stdout.toString()).toBe('ready\nbye\n')
    expect(await rowsOf('trapped')).toMatchObject([{ state: 'FAILED', exit_code: 7 }])
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const)(
    'dies of %s, and so do we',
    async (signal) => {
      const ended = await wrapped({
        job: signal,
        command: shell('echo ready; exec sleep 20'),
        onOutput: (wrapper) => wrapper.kill(signal),
      })

      expect(ended).toMatchObject({ exitCode: null, signal })
      expect(await rowsOf(signal)).toMatchObject([
        { state: 'FAILED', error_message: `killed by ${signal}` },
      ])
    },
  )

  it.each([
    ['SIGKILL', 'KILL', { exitCode: null, signal: 'SIGKILL' }],
    ['SIGPIPE', 'PIPE', { exitCode: null, signal: 'SIGPIPE' }],
    ['SIGQUIT, which leaves a core file', 'QUIT', { exitCode: 131, signal: null }],
  ])('killed by %s from elsewhere: the caller sees it', async (_what, name, expected) => {
    const ended = await wrapped({ command: shell(`ulimit -c 0; kill -${name} $$`) })

    expect(ended).toMatchObject(expected)
  })

  it('one that ignores SIGTERM goes on, however often it is sent', async () => {
    const script = 'trap "" TERM; echo ready; sleep 1; echo done'

    const ended = await wrapped({
      job: 'stubborn',
      command: shell(script),
      onOutput: (wrapper) => {
        wrapper.kill('SIGTERM')
        setTimeout(() => wrapper.kill('SIGTERM'), 200)
        setTimeout(() => wrapper.kill('SIGTERM'), 400)
      },
    })

    expect(ended).toMatchObject({ exitCode: 0, signal: null })
    expect(ended.stdout.toString()).toBe('ready\ndone\n')
    expect(await rowsOf('stubborn')).toMatchObject([{ state: 'COMPLETED', exit_code: 0 }])
  })
})

describe('a command and signals to its whole group', () => {
  /** Ends in order within half a second, or at once when it is told a second time. */
  const orderly = shell(
    'n=0; trap \'n=$((n+1)); echo "told $n"; [ $n = 1 ] || exit 9\' TERM; echo ready; ' +
      'while [ $n = 0 ]; do sleep 0.02; done; for i in 1 2 3 4 5; do sleep 0.1; done; echo closed',
  )
  const toGroup = (wrapper: ChildProcess) => process.kill(-wrapper.pid!, 'SIGTERM')

  it('it hears each of them once', async () => {
    const ended = await wrapped({ command: orderly, leadsGroup: true, onOutput: toGroup })

    expect(ended.stdout.toString()).toBe('ready\ntold 1\nclosed\n')
    expect(ended.exitCode).toBe(0)
  })

  it('it hears timeout once, which tells us twice', async () => {
    const output = await bash(`timeout 1 $WRAP job -- ${orderly.map(quoted).join(' ')}`)

    expect(output).toBe('ready\ntold 1\nclosed\n')
  })

  it('it hears a second one too', async () => {
    const ended = await wrapped({
      command: orderly,
      leadsGroup: true,
      onOutput: (wrapper) => {
        toGroup(wrapper)
        setTimeout(() => toGroup(wrapper), 300)
      },
    })

    expect(ended.stdout.toString()).toBe('ready\ntold 1\ntold 2\n')
    expect(ended.exitCode).toBe(9)
  })

  it('in a group of its own it hears of them through us', async () => {
    const ended = await wrapped({
      command: ['setsid', ...orderly],
      leadsGroup: true,
      onOutput: toGroup,
    })

    expect(ended.stdout.toString()).toBe('ready\ntold 1\nclosed\n')
  })
})

describe('a command that is not started yet', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('is not started after %s', async (signal) => {
    const ended = await wrapped({
      command: ['echo', 'started'],
      options: ['--cron', '30 3 * * *'],
      env: {
        NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(killer(signal))}"`,
      },
    })

    expect(ended).toMatchObject({ exitCode: null, signal, stderr: '' })
    expect(ended.stdout.toString()).toBe('')
  })

  /** The signal comes as soon as the process listens, while it still reads its options. */
  function killer(signal: string): string {
    return `
      let isSent = false
      process.on('newListener', (name) => {
        if (name !== '${signal}' || isSent) return
        isSent = true
        queueMicrotask(() => process.emit('${signal}', '${signal}'))
      })`
  }
})

describe('a command whose reader stalls', () => {
  it.each([
    ['stalled-exit', 'exit 3', { exitCode: 3, signalCode: null }],
    ['stalled-kill', 'kill -USR1 $$', { exitCode: null, signalCode: 'SIGUSR1' }],
    ['stalled-core', 'ulimit -c 0; kill -QUIT $$', { exitCode: 131, signalCode: null }],
  ])('keeps its own end when it is over and a signal comes: %s', async (job, script, expected) => {
    const command = shell(`yes & sleep 0.5; ${script}`)
    const wrapper = startWrapped(inFolder({ job, command }))
    onTestFinished(() => void wrapper.kill('SIGKILL'))
    const exited = once(wrapper, 'exit')
    await expect.poll(() => rowsOf(job), { timeout: 10_000 }).toMatchObject([{ state: 'FAILED' }])
    await delay(500)
    const before = [wrapper.exitCode, wrapper.signalCode]

    wrapper.kill('SIGTERM')
    await exited

    expect(before).toEqual([null, null])
    expect(wrapper).toMatchObject(expected)
  })
})

/** A word as a shell reads it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
