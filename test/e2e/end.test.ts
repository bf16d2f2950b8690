import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serversUnder } from '../support/owner-process.js'
import { startServer } from '../support/server-process.js'
import { openSocket, PIPELINE_STATUS_PATH } from '../support/socket-client.js'

const main = join(import.meta.dirname, '../../dist/src/server/main.js')

let baseDir: string
let env: Record<string, string>

beforeEach(async () => {
  baseDir = mkdtempSync(join(tmpdir(), 'pipecast-end-'))
  await chmod(baseDir, 0o755) // as root Postgres runs as another user, who has to get in
  env = { DATA_DIR: join(baseDir, 'data'), NODE_ENV: 'development' }
})

afterEach(() => {
  for (const pid of serversUnder(baseDir)) process.kill(pid, 'SIGKILL')
  rmSync(baseDir, { recursive: true, maxRetries: 10, retryDelay: 100 })
})

interface NpmStart {
  readonly npm: ChildProcess
  readonly output: () => string
  /** Resolves when nobody can write any more: when npm and the server have both ended. */
  readonly ended: Promise<unknown>
  readonly url: string
}

/** `npm start` in a process group of its own, as a shell starts it. */
async function startByNpm(): Promise<NpmStart> {
  const scripts = { start: `node ${JSON.stringify(main)}` }
  writeFileSync(join(baseDir, 'package.json'), JSON.stringify({ scripts }))
  const npm = spawn('npm', ['start'], {
    cwd: baseDir,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  let output = ''
  npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(npm.stdout, 'close')
  for (const until = performance.now() + 30_000; !output.includes('Pipecast is up'); ) {
    if (performance.now() > until) throw new Error(`it did not start:\n${output}`)
    await once(npm.stdout, 'data', { signal: AbortSignal.timeout(30_000) })
  }
  const url = /"url":"(http[^"]*)"/.exec(output)?.[1] ?? ''
  return { npm, output: () => output, ended, url }
}

/** The process that started a server: npm, or the shell that npm runs its scripts with. */
async function parentOf(url: string): Promise<number> {
  const { pid } = (await (await fetch(`${url}/health`)).json()) as { readonly pid: number }
  return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }))
}

describe('the end, in order', { timeout: 60_000 }, () => {
  it('is not cut short by a signal that comes again at once', async () => {
    const server = await startServer({ env })
    server.signal('SIGINT')
    await delay(20)
    server.signal('SIGINT')

    const end = await server.stop()

    expect(end.exitCode).toBe(0)
    expect(server.output()).toContain('"closed"')
    expect(serversUnder(baseDir)).toEqual([])
  })

  it('is cut short for somebody who asks again after a second', async () => {
    const server = await startServer({ env: { ...env, DRAIN_MS: '10000' } })
    const socketUrl = server.socketUrl + PIPELINE_STATUS_PATH
    await Promise.all([1, 2].map(() => openSocket(socketUrl))) // let go one after the other
    server.signal('SIGINT')
    await delay(1_300)

    const end = await server.stop()

    expect(end.exitCode).toBe(1)
    expect(end.tookMs).toBeLessThan(1_000)
  })

  it('follows a Ctrl-C under npm, which tells the server more than once', async () => {
    const { npm, output, ended } = await startByNpm()
    process.kill(-(npm.pid ?? 0), 'SIGINT')
    await ended

    expect(output()).toContain('"closed"')
    expect(serversUnder(baseDir)).toEqual([])
  })

  it('follows the end of npm, also while it takes longer than the next look at its parent', async () => {
    const { output, ended, url } = await startByNpm()
    const socketUrl = url.replace('http', 'ws') + PIPELINE_STATUS_PATH
    await Promise.all([1, 2].map(() => openSocket(socketUrl))) // let go one after the other
    process.kill(await parentOf(url), 'SIGKILL')
    await ended

    expect(output()).toContain('"closed"')
    expect(serversUnder(baseDir)).toEqual([])
  })
})
