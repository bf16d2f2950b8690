import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'vite'
import type { OwnerMessage } from './embedded-postgres-owner.js'

const root = join(import.meta.dirname, '..', '..')

/** A process of its own that owns an embedded Postgres, to be killed or told to stop. */
export interface OwnerProcess {
  readonly pid: number
  readonly messages: readonly OwnerMessage[]
  /** Waits for a message of a type; rejects with what the process wrote when it ends before. */
  next<Type extends OwnerMessage['type']>(type: Type): Promise<OwnerMessage & { type: Type }>
  send(command: 'stop' | 'commit'): void
  kill(): Promise<void>
}

/**
 * Makes one JavaScript file of the owner script, so that plain Node can run it.
 *
 * @param name - names the folder under `dist` that is made for it.
 */
export async function buildOwnerScript(name: string): Promise<string> {
  const outDir = join(root, 'dist', name)
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: 'test/support/embedded-postgres-owner.ts',
      target: 'node20',
      outDir,
      rolldownOptions: { output: { entryFileNames: 'owner.mjs' } },
    },
  })
  return join(outDir, 'owner.mjs')
}

/**
 * Starts an owner.
 *
 * @param prefix - a command that runs the rest of its arguments, as `setpriv`.
 */
export function startOwner(
  script: string,
  dataDir: string,
  prefix: readonly string[] = [],
): OwnerProcess {
  const [command, ...args] = [...prefix, process.execPath, script, dataDir]
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const messages: OwnerMessage[] = []
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    messages.push(JSON.parse(line) as OwnerMessage)
    child.emit('told')
  })
  return {
    pid: child.pid ?? 0,
    messages,
    async next(type) {
      const isWanted = (message: OwnerMessage): message is OwnerMessage & { type: typeof type } =>
        message.type === type
      for (;;) {
        const found = messages.find(isWanted)
        if (found !== undefined) return found
        if (hasEnded(child)) throw new Error(`the owner ended before it was ${type}: ${complaints}`)
        await Promise.race([once(child, 'told'), once(child, 'close')])
      }
    },
    send: (command) => child.stdin.write(`${command}\n`),
    async kill() {
      if (hasEnded(child)) return
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** The process ids of all servers whose data lies under a folder. */
export function serversUnder(directory: string): number[] {
  return execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('bin/postgres') && line.includes(`-D ${directory}`))
    .map((line) => parseInt(line))
}
