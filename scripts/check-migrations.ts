import { readdir } from 'node:fs/promises'
import { migrations } from '../migrations/index.js'

// Every migration file is listed in migrations/index.ts, and the list names no other.

const folder = new URL('../../migrations/', import.meta.url)
const files = (await readdir(folder))
  .filter((name) => /^\d{4}-.*\.ts$/.test(name))
  .map((name) => name.replace(/\.ts$/, ''))
const listed = Object.keys(migrations)
const missing = files.filter((name) => !listed.includes(name))
const unknown = listed.filter((name) => !files.includes(name))
const isOrdered = listed.toSorted().join() === listed.join()

for (const name of missing) console.error(`migrations/index.ts does not list ${name}`)
for (const name of unknown) console.error(`migrations/index.ts lists ${name}, which is not there`)
if (!isOrdered) console.error('migrations/index.ts is not in the order of the names')
if (missing.length + unknown.length > 0 || !isOrdered) process.exitCode = 1
else console.log(`migrations: ${listed.length}, all listed`)
