import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { startFeedServer } from '../unit/cli/feed-server.js'
import {
  sampleGreeting,
  sampleSource,
  sampleStatus,
  sampleUpdate,
} from '../unit/cli/sample-status.js'

const CLI_MAIN = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'main.js')

/** More than a pipe and both of its ends hold. */
const LARGE = 'x'.repeat(2_000_000)

it('watch --json ends at the first Ctrl-C though its reader stalls', async () => {
  const update = sampleUpdate(sampleStatus([sampleSource(LARGE)]))
  const server = await startFeedServer({
    onSocket: (socket) => {
      for (const frame of [sampleGreeting(), update]) socket.send(JSON.stringify(frame))
    },
  })
  const watcher = spawn(process.execPath, [CLI_MAIN, 'watch', '--json', server.url])
  onTestFinished(async () => {
    watcher.kill('SIGKILL')
    await server.close()
  })
  const exited = once(watcher, 'exit')
  await once(watcher.stdout, 'readable')
  await delay(500)

  watcher.kill('SIGINT')

  expect(await exited).toEqual([0, null])
})
