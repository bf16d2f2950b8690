import { createRequire } from 'node:module'
import { Command, CommanderError, Option } from 'commander'
import { createPaint, wantsColour } from './colour.js'
import { InvalidAddressError } from './endpoints.js'
import { addRunCommand } from './run/run-command.js'
import type { WatchSurroundings } from './watch/watch.js'

/** It worked, or the person left. */
export const EXIT_OK = 0

/** A check failed, or the server said not to come back. */
export const EXIT_FAILED = 1

/** The command was used wrongly. */
export const EXIT_USAGE = 2

const DEFAULT_ADDRESS = 'http://localhost:8000'

interface SharedOptions {
  readonly token?: string
  readonly json?: boolean
}

interface WatchFlags extends SharedOptions {
  readonly all?: boolean
  readonly once?: boolean
}

/**
 * Runs the command that the arguments name.
 *
 * @param args - without the program's own name.
 * @returns the exit code: 0, 1 or 2; that of the command after `run`.
 */
export async function runProgram(
  args: readonly string[],
  around: WatchSurroundings,
): Promise<number> {
  let exitCode = EXIT_OK
  const program = createProgram(around, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE
    if (!(error instanceof InvalidAddressError)) throw error
    around.stderr.write(`error: ${error.message}\n`)
    return EXIT_USAGE
  }
}

/** A command loads what it needs when it is called: a wrapped command waits for all that is loaded. */
function createProgram(around: WatchSurroundings, setExitCode: (code: number) => void): Command {
  const { env, stdout, stderr } = around
  const program = new Command('pipecast')
    .description('The true state of your data pipelines, in the terminal.')
    .version(packageVersion())
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .exitOverride()
    // What stands after `--` is then left alone until its own command reads it.
    .enablePositionalOptions()
    .showHelpAfterError('(pipecast --help says more)')
  program
    .command('watch')
    .description('Show the live status; reconnects for ever and polls meanwhile.')
    .argument('[url]', `the server; else PIPECAST_URL, else ${DEFAULT_ADDRESS}`)
    .addOption(tokenOption())
    .option('--once', 'show one state and end')
    .option('--json', 'write each frame of the feed on a line, as received')
    .addOption(new Option('--all', 'with --json: every frame').implies({ json: true }))
    .action(async (url: string | undefined, flags: WatchFlags) => {
      const { watch } = await import('./watch/watch.js')
      const address = url ?? nonEmpty(env['PIPECAST_URL']) ?? DEFAULT_ADDRESS
      setExitCode(await watch({ address, ...flags, token: tokenOf(flags, env) }, around))
    })
  program
    .command('verify')
    .description('Prove a deployment from outside, in less than 15 seconds.')
    .argument('<url>', 'the server')
    .addOption(tokenOption())
    .option('--json', 'write the results as one JSON document')
    .action(async (address: string, flags: SharedOptions) => {
      setExitCode(await runVerify(address, flags, around))
    })
  addRunCommand(program, around, setExitCode)
  return program
}

async function runVerify(
  address: string,
  flags: SharedOptions,
  { stdout, env }: WatchSurroundings,
): Promise<number> {
  const { resultText } = await import('./verify/outcome.js')
  const { isProved, verify } = await import('./verify/verify.js')
  const paint = createPaint(wantsColour(env, stdout.isTTY === true))
  const startedAt = performance.now()
  const results = await verify({
    address,
    token: tokenOf(flags, env),
    onResult: (result) => {
      if (flags.json !== true) stdout.write(`${resultText(result, paint)}\n`)
    },
  })
  const ok = isProved(results)
  const tookMs = Math.round(performance.now() - startedAt)
  if (flags.json === true) {
    const checks = results.map(({ claim, outcome }) => ({ claim, ...outcome }))
    stdout.write(`${JSON.stringify({ ok, took_ms: tookMs, checks })}\n`)
  } else {
    const failures = results.filter(({ outcome }) => outcome.kind === 'failed').length
    const verdict = ok ? paint('good', 'all is well') : paint('bad', `${failures} failed`)
    stdout.write(`${verdict}, ${(tookMs / 1000).toFixed(1)} s\n`)
  }
  return ok ? EXIT_OK : EXIT_FAILED
}

function tokenOption(): Option {
  return new Option('--token <token>', 'else PIPECAST_VIEW_TOKEN, which no process list shows')
}

function tokenOf({ token }: SharedOptions, env: WatchSurroundings['env']): string | undefined {
  return token ?? nonEmpty(env['PIPECAST_VIEW_TOKEN'])
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

/** The package names itself, so that this works from the sources and from what is built. */
function packageVersion(): string {
  const read = createRequire(import.meta.url)
  const { version } = read('pipecast/package.json') as { readonly version: string }
  return version
}
