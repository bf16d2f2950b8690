import { describe, expect, it } from 'vitest'
import { BoardHealth, type Status } from './board-health.js'

const FROM_MS = Date.parse('2026-03-01T00:00:00Z')
const HOUR_MS = 3_600_000
const SAMPLE_MS = 17_000

/** What a viewer sees over twelve hours. */
function samples(): ReadonlyMap<string, Status>[] {
  const to = FROM_MS + 12 * HOUR_MS
  const health = new BoardHealth(new Date(FROM_MS - 4 * HOUR_MS), new Date(to + HOUR_MS))
  const boards = []
  for (let at = FROM_MS; at < to; at += SAMPLE_MS) boards.push(health.at(at))
  return boards
}

describe('the demo board', () => {
  const boards = samples()
  const statusesOf = (name: string) => new Set(boards.map((board) => board.get(name)))

  it('shows at any instant a healthy majority and one to four problems', () => {
    const problems = boards.map(
      (board) => [...board.values()].filter((status) => status !== 'Healthy').length,
    )

    expect(Math.min(...problems)).toBe(1)
    expect(Math.max(...problems)).toBeLessThanOrEqual(4)
    expect(problems.filter((count) => count > 1).length).toBeGreaterThan(boards.length / 4)
  })

  it('changes: a status flips within any ten minutes', () => {
    const texts = boards.map((board) => [...board].join())
    const perTenMinutes = Math.floor(600_000 / SAMPLE_MS)

    for (let index = 0; index + perTenMinutes < texts.length; index += perTenMinutes) {
      expect(new Set(texts.slice(index, index + perTenMinutes)).size).toBeGreaterThan(1)
    }
  })

  it('shows each source in its character', () => {
    expect(statusesOf('payments')).toEqual(new Set(['Healthy', 'Failing']))
    expect(statusesOf('rss-crawler')).toEqual(new Set(['Healthy', 'Degraded']))
    expect(statusesOf('social-posts')).toEqual(new Set(['Healthy', 'Failing', 'Degraded']))
    expect(statusesOf('fct-revenue')).toEqual(new Set(['Healthy', 'Late', 'Failing']))
    expect(statusesOf('erp-invoices')).toEqual(new Set(['Failing', 'Degraded']))
  })

  it('never shows any other source as anything but healthy', () => {
    const troubled = ['payments', 'rss-crawler', 'social-posts', 'fct-revenue', 'erp-invoices']
    const others = [...boards[0]!.keys()].filter((name) => !troubled.includes(name))

    expect(others).toHaveLength(10)
    for (const name of others) expect(statusesOf(name)).toEqual(new Set(['Healthy']))
  })
})
