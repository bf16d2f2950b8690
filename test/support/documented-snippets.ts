import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A fenced block of a document. */
export interface Snippet {
  readonly name: string
  /** Whether it is run as it stands, or only looked at: its tool is not a test's to have. */
  readonly action: 'run' | 'check'
  readonly language: string
  readonly text: string
}

/** How a program ended, and what it wrote. */
export interface ProgramEnd {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Where a program runs. */
export interface Workplace {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

const FENCE = /(?:<!-- (run|check): ([\w-]+) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm

/**
 * Reads the snippets of a document: each stands below a comment that says what becomes of it.
 *
 * @throws Error for a block without such a comment, and for two of one name.
 */
export function readSnippets(path: string): ReadonlyMap<string, Snippet> {
  const snippets = new Map<string, Snippet>()
  for (const [, action, name, language = '', text = ''] of readFileSync(path, 'utf8').matchAll(
    FENCE,
  )) {
    if (name === undefined) throw new Error(`a block says neither run nor check:\n${text}`)
    if (snippets.has(name)) throw new Error(`two blocks are called ${name}`)
    snippets.set(name, { name, action: action === 'run' ? 'run' : 'check', language, text })
  }
  return snippets
}

/** The words that run a snippet in a file. */
const RUNNERS: Readonly<Record<string, readonly [fileName: string, ...words: string[]]>> = {
  sh: ['snippet.sh', 'sh'],
  bash: ['snippet.bash', 'bash'],
  python: ['snippet.py', 'python3'],
  js: ['snippet.js', 'node'],
}

/** Runs a snippet as its reader would: from a file, with the tool of its language. */
export async function runSnippet(snippet: Snippet, where: Workplace): Promise<ProgramEnd> {
  const { language, text } = snippet
  if (language === 'crontab') return runProgram(['sh', '-c', cronCommand(text)], where)
  if (language === 'sql') return runPsql(['-c', text], where)
  const runner = RUNNERS[language]
  if (runner === undefined) throw new Error(`nothing runs ${language}`)
  const [fileName, ...words] = runner
  const file = join(where.folder, fileName)
  writeFileSync(file, text)
  return runProgram([...words, file], where)
}

/** Runs psql, which stops at the first error. */
export function runPsql(args: readonly string[], where: Workplace): Promise<ProgramEnd> {
  const url = where.env['DATABASE_URL'] ?? ''
  return runProgram(['psql', '-X', '-v', 'ON_ERROR_STOP=1', '-d', url, ...args], where)
}

/** Runs a program to its end. */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  { folder, env }: Workplace,
): Promise<ProgramEnd> {
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  await once(child, 'close')
  return { exitCode: child.exitCode, stdout, stderr }
}

/** Whether a tool is installed; says on the console what is left out without it. */
export function hasTool(tool: string, source: string): boolean {
  const isThere = spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0
  if (!isThere) console.warn(`${tool} is not installed: its tests are skipped; it is in ${source}`)
  return isThere
}

/** What cron gives to the shell: all behind the five fields, where a bare % would end it. */
function cronCommand(line: string): string {
  const command = /^(?:[\d*/,-]+ ){5} *(.+)\n$/.exec(line)?.[1]
  if (command === undefined) throw new Error(`not one line of a crontab: ${line}`)
  if (/(?<!\\)%/.test(command)) throw new Error(`cron ends the command at its %: ${line}`)
  return command.replaceAll('\\%', '%')
}
