import { type Command, Option } from 'commander'
import { InterruptedError } from '../interrupted-error.js'
import { exitCodeOf } from './command-end.js'
import { isInForeground } from './foreground.js'
import { run } from './run.js'
import { type RunFlags, RunUsageError, readRunRequest } from './run-request.js'
import { dieOf } from './signals.js'

/** Adds `run`, which wraps a command and reports it. */
export function addRunCommand(
  program: Command,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('run')
    .description('Run a command and report it; its output and its end stay what they are.')
    .argument('<job>', 'the name under which it is reported')
    .argument('[command...]', 'after --: the command and its arguments')
    .option('--url <url>', 'the server; else PIPECAST_URL, else http://localhost:8000')
    .addOption(new Option('--token <token>', 'else PIPECAST_TOKEN, which no process list shows'))
    .option('--namespace <name>', 'the namespace of the job', 'default')
    .option('--every <duration>', 'it is expected this often: 90s, 5m, 1h30m, 1d, PT1H')
    .option('--cron <expression>', 'it is expected at these times')
    .option('--tz <zone>', 'the time zone of --cron, such as Europe/Riga; else UTC')
    .option('--grace <duration>', 'how late it may start')
    .option('--max-runtime <duration>', 'how long it may take')
    .addHelpText('after', MORE)
  command.action(async (job: string, words: readonly string[], flags: RunFlags) => {
    try {
      const request = await readRunRequest(job, words, flags, env)
      // What a signal asks to end must not be started after it.
      if (signal.reason instanceof InterruptedError) endUnstarted(signal.reason.signal)
      setExitCode(await runHere(request, env))
    } catch (error) {
      if (!(error instanceof RunUsageError)) throw error
      command.error(`error: ${error.message}`)
    }
  })
}

const MORE = `
The exit code is the command's. A command killed by a signal ends this program by the same signal,
or, where that would leave a second core file, with 128 and its number. 127: no such command; 126: it
cannot be executed; 2: wrong usage, and nothing was started.
The command finds PIPECAST_RUN_ID and PIPECAST_JOB in its environment, and in PIPECAST_RECORDS the
path of a file: a whole number in it is reported as the records written.
The end of the output is reported too, unless it goes to a terminal, which the command is given as
it is. Write nohup after the --, not before pipecast.
What the command leaves in the background must write elsewhere (./daemon > daemon.log 2>&1 &): when
the command is over, at most 2 s of its output pass, and writing more of it ends it (SIGPIPE).`

/** Ends this process as the signal would have ended it without a listener. */
function endUnstarted(signal: NodeJS.Signals): never {
  dieOf(signal, process)
  process.exit(exitCodeOf({ kind: 'killed', signal }))
}

/** What other commands do about these, and about a reader that has gone, is not for this one. */
const OTHERS_HANDLE = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs the request as this very process: with its streams, its signals and its end. */
async function runHere(
  request: Awaited<ReturnType<typeof readRunRequest>>,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { stdout, stderr } = process
  const others = OTHERS_HANDLE.map((signal) => [signal, process.listeners(signal)] as const)
  for (const stream of [stdout, stderr]) {
    stream.removeAllListeners('error').on('error', () => undefined)
  }
  const running = run(request, { stdout, stderr, env, signals: process, isInForeground })
  // Only now that the command hears its signals, so that none is lost in between.
  for (const [signal, listeners] of others) {
    for (const listener of listeners) process.off(signal, listener)
  }
  const { end, isOutputPassed } = await running
  if (end.kind === 'killed') dieOf(end.signal, process)
  // What a stalled reader has not taken would keep this process alive.
  if (!isOutputPassed) process.exit(exitCodeOf(end))
  return exitCodeOf(end)
}
