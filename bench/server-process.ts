import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The built server as a process of its own, on an embedded Postgres that keeps what it commits. */
export interface BenchServer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 60_000

/** Starts the server and waits until it is ready. */
export async function startServer(env: Readonly<Record<string, string>>): Promise<BenchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pipecast-bench-'))
  await chmod(dataDir, 0o755) // as root, Postgres runs as another user
  const main = join(import.meta.dirname, '..', 'src', 'server', 'main.js')
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const giveUp = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  const url = await readUrl(child)
  while (!(await isReady(url))) await new Promise((resolve) => setTimeout(resolve, 50))
  clearTimeout(giveUp)
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function readUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the server has no stdout')
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    const url = /"url":"([^"]+)"/.exec(line)?.[1]
    if (url === undefined) continue
    child.stdout.resume() // the rest of its log is of no use here, but it must not block
    return url
  }
  throw new Error('the server ended before it listened')
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/v1/public/ready`)
  return answer.ok
}
