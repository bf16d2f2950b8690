import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startServer } from '../support/server-process.js'
import { useWrappedRuns } from '../support/wrapped-runs.js'
import {
  deadAddress,
  medianMs,
  shell,
  startHangingServer,
  type WrapperEnd,
} from '../support/wrapped-command.js'

const { wrapped, folder, databaseUrl } = useWrappedRuns()

describe('whatever the server does, the command is the same', () => {
  const command = shell('echo out; echo err >&2; exit 3')

  function expectUntouched(ended: WrapperEnd): void {
    expect(ended).toMatchObject({ exitCode: 3, signal: null })
    expect(ended.stdout.toString()).toBe('out\n')
    expect(ended.stderr).toMatch(/^err\npipecast: this run could not be reported to [^\n]+\n$/)
    expect(ended.tookMs).toBeLessThan(5_000)
  }

  it('it is down', async () => {
    expectUntouched(await wrapped({ command, url: await deadAddress() }))
  })

  it('it hangs', async () => {
    expectUntouched(await wrapped({ command, url: await startHangingServer() }))
  })

  it('it refuses with 401', async () => {
    const guarded = await startServer({
      databaseUrl: databaseUrl(),
      env: { INGEST_TOKENS: 'a-token-that-is-long-enough-0123456789' },
    })
    onTestFinished(() => guarded.kill())

    const ended = await wrapped({ command, url: guarded.url })

    expectUntouched(ended)
    expect(ended.stderr).toContain('401')
    expect(
      await wrapped({
        command,
        url: guarded.url,
        env: { PIPECAST_TOKEN: 'a-token-that-is-long-enough-0123456789' },
      }),
    ).toMatchObject({ exitCode: 3, stderr: 'err\n' })
  })

  it('it refuses with 403', async () => {
    const closed = await startServer({
      databaseUrl: databaseUrl(),
      env: { NODE_ENV: 'production' },
    })
    onTestFinished(() => closed.kill())

    const ended = await wrapped({ command, url: closed.url })

    expectUntouched(ended)
    expect(ended.stderr).toContain('403')
  })

  it('its address is nonsense', async () => {
    const { exitCode, stdout, stderr } = await wrapped({ command, url: 'ftp://nonsense' })

    expect(exitCode).toBe(3)
    expect(stdout.toString()).toBe('out\n')
    expect(stderr).toMatch(/^err\npipecast: this run is not reported; PIPECAST_URL: [^\n]+\n$/)
  })

  it('the resolver hangs', async () => {
    const bin = mkdtempSync(join(folder(), 'bin-'))
    writeFileSync(join(bin, 'getent'), '#!/bin/sh\nexec sleep 30\n')
    chmodSync(join(bin, 'getent'), 0o755)
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` }

    expectUntouched(await wrapped({ command, url: 'http://pipecast.invalid', env }))
    rmSync(bin, { recursive: true })
  })
})

describe('the price', () => {
  it('of wrapping true, with a server up, down and hanging', { timeout: 60_000 }, async () => {
    const bare = await medianMs(5, async () => {
      await once(spawn('true', { stdio: 'ignore' }), 'close')
    })
    const node = await medianMs(5, async () => {
      await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'close')
    })
    const [down, hanging] = [await deadAddress(), await startHangingServer()]
    const up = await medianMs(5, () => wrapped({ command: ['true'] }))
    const isDown = await medianMs(5, () => wrapped({ command: ['true'], url: down }))
    const hangs = await medianMs(1, () => wrapped({ command: ['true'], url: hanging }))
    console.log(
      `true ${bare} ms, node ${node} ms, wrapped: server up ${up} ms, down ${isDown} ms, hanging ${hangs} ms`,
    )

    expect(up).toBeLessThan(2_000)
    expect(isDown).toBeLessThan(2_000)
    expect(hangs).toBeLessThan(5_000)
  })

  it('leaves nothing in the temporary folder', () => {
    expect(readdirSync(folder())).toEqual([])
  })
})
