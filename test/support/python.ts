import { spawnSync } from 'node:child_process'
import { hasTool } from './documented-snippets.js'

/** Whether there is a Python; says on the console what is left out without it. */
export const hasPython = hasTool('python3', 'the package python3')

/**
 * An interpreter that has the library websockets. The first one in PATH need not be the one that
 * the packages of the system are for. Says on the console what is left out without it.
 */
export const pythonWithWebsockets = ['python3', '/usr/bin/python3'].find(
  (python) => spawnSync(python, ['-c', 'import websockets']).status === 0,
)

if (pythonWithWebsockets === undefined) {
  console.warn(
    'skipped: tests with the websockets of Python; the library is in the package python3-websockets',
  )
}
