/**
 * Runs something that Ctrl-C ends in order: its processes are stopped, and nothing is written. A
 * second Ctrl-C ends it at once.
 *
 * @param work - to reject soon after the signal fires.
 */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const interrupted = new AbortController()
  const interrupt = () => {
    console.error('\nstopping: its servers are being ended, nothing is written')
    interrupted.abort()
  }
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    await work(interrupted.signal)
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
    process.exitCode = 130
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}
