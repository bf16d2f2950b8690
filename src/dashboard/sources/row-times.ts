import type { SourceStatus } from '../../protocol/index.js'
import { agoWords, clockWords, durationWords } from '../words/duration-words.js'

type Times = Pick<
  SourceStatus,
  'running' | 'last_run' | 'next_expected' | 'late_since' | 'status' | 'state'
>

/**
 * What the clock of a row says: how long its run has been going on, or when the next is due.
 *
 * @param now - the server's time, ms since 1970.
 */
export function whenWords(source: Times, now: number): string {
  const lastRunAt = instant(source.last_run)
  if (source.running > 0) {
    const count = source.running > 1 ? `${source.running} runs, ` : ''
    return lastRunAt === null ? `${count}running` : `${count}running ${clockWords(now - lastRunAt)}`
  }
  const lateSince = instant(source.late_since)
  if (lateSince !== null) return `late by ${clockWords(now - lateSince)}`
  const dueAt = source.status === 'Paused' ? null : instant(source.next_expected)
  if (dueAt !== null) return dueAt > now ? `due in ${clockWords(dueAt - now)}` : 'due now'
  return lastRunAt === null ? 'no run yet' : agoWords(now - lastRunAt)
}

/** How long a run takes beside what is usual. */
export interface DurationLook {
  /** How long the newest run took; of one in progress, whose clock runs elsewhere, the usual. */
  readonly words: string
  /** `usually up to 2 min`; `null` below 10 successes. */
  readonly usual: string | null
  /** 1 is as long as usual; `null` where that is not known. */
  readonly ratio: number | null
}

/**
 * How long the run in progress has been going on, else how long the newest one took, beside what is
 * usual.
 *
 * @param now - the server's time, ms since 1970.
 * @returns `null` where nothing of that is known.
 */
export function durationLook(
  source: Pick<SourceStatus, 'running' | 'last_run' | 'duration_ms' | 'usual_ms'>,
  now: number,
): DurationLook | null {
  const startedAt = source.running > 0 ? instant(source.last_run) : null
  const takenMs = startedAt === null ? source.duration_ms : Math.max(0, now - startedAt)
  if (takenMs === undefined) return null
  const usualMs = source.usual_ms
  if (usualMs === undefined || usualMs <= 0) {
    return startedAt === null ? { words: durationWords(takenMs), usual: null, ratio: null } : null
  }
  return {
    words: startedAt === null ? durationWords(takenMs) : `of ${durationWords(usualMs)}`,
    usual: `usually up to ${durationWords(usualMs)}`,
    ratio: takenMs / usualMs,
  }
}

function instant(text: string | undefined): number | null {
  return text === undefined ? null : Date.parse(text)
}
