import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

const script = `
  const { WebSocket } = require('ws')
  const socket = new WebSocket(process.argv[1])
  socket.on('error', () => undefined)
  socket.once('message', () => console.log('connected'))
  socket.on('close', () => process.exit())
`

/** A socket in a process of its own, to be frozen. */
export interface ClientProcess {
  /** Stops the process in its tracks: its socket stays open and answers nothing. */
  freeze(): void
  kill(): Promise<void>
}

/** Starts a client; resolves when it has received its first frame. */
export async function startClientProcess(url: string): Promise<ClientProcess> {
  const child = spawn(process.execPath, ['-e', script, url], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return {
    freeze: () => {
      child.kill('SIGSTOP')
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
