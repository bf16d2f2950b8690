import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A pipe of the kernel: what is written to the one end is read from the other. */
export interface KernelPipe {
  readonly readEnd: number
  readonly writeEnd: number
}

/** A folder of one run, only its owner's. */
export interface Scratch {
  /** An empty file, into which the command may write how many records it wrote. */
  readonly recordsFile: string
  /**
   * Node gives a child sockets for its output, and a socket cannot be opened again through
   * `/dev/stderr`, as shell scripts do. So these pipes are made by `mkfifo`.
   *
   * @returns `null` where there is no such program.
   */
  readonly openPipes: (count: number) => readonly KernelPipe[] | null
  /** The whole number in the file; `undefined` when it holds none. */
  readonly readRecords: () => number | undefined
  /** Removes the folder and all that is in it. */
  readonly remove: () => void
}

const MAKE_PIPES = 'mkfifo'

/** No whole number that we can hold is longer, white space included. */
const MAX_RECORDS_BYTES = 64

/** @returns `null` when this machine has no place for it: the command runs all the same. */
export function createScratch(): Scratch | null {
  let folder: string
  try {
    folder = mkdtempSync(join(tmpdir(), 'pipecast-run-'))
  } catch {
    return null
  }
  const recordsFile = join(folder, 'records')
  writeFileSync(recordsFile, '', { mode: 0o600 })
  return {
    recordsFile,
    openPipes: (count) => openPipes(folder, count),
    readRecords: () => readRecords(recordsFile),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function openPipes(folder: string, count: number): readonly KernelPipe[] | null {
  const paths = Array.from({ length: count }, (_, index) => join(folder, `pipe-${index}`))
  const made = spawnSync(MAKE_PIPES, ['-m', '600', ...paths], { stdio: 'ignore' })
  if (made.status !== 0) return null
  return paths.map((path) => {
    // In this order neither open waits for the other end.
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const writeEnd = openSync(path, constants.O_WRONLY)
    unlinkSync(path)
    return { readEnd, writeEnd }
  })
}

/** The command may have left anything there: a pipe must not hold us, nor a large file fill us. */
function readRecords(path: string): number | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    return undefined // removed by the command: it told nothing
  }
  try {
    if (!fstatSync(file).isFile()) return undefined
    const bytes = Buffer.alloc(MAX_RECORDS_BYTES + 1)
    const text = bytes.toString('latin1', 0, readSync(file, bytes)).trim()
    const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
    return Number.isSafeInteger(count) ? count : undefined
  } finally {
    closeSync(file)
  }
}
