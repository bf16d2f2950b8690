import { expect, it } from 'vitest'
import { Results } from '../../../bench/results.js'
import { asMarkdown, asText, peerTable, targetTable } from '../../../bench/tables.js'

const results = new Results([
  {
    round: 1,
    peer: 'naive',
    sockets: 50,
    figures: { deliveriesPerSecond: 20_000, cpuSecondsPerMillion: 40 },
  },
  {
    round: 1,
    peer: 'pipecast',
    sockets: 50,
    figures: { deliveriesPerSecond: 90_000, cpuSecondsPerMillion: 10, idleSocketKb: 8.25 },
  },
])

it('shows a dash for what was not measured and no row for a peer that was not', () => {
  const table = peerTable(results, 50, ['naive', 'bun', 'pipecast'])

  expect(table).toEqual([
    expect.arrayContaining(['peer', 'deliveries/s', 'CPU × naive']),
    ['naive', '20,000', '40.0', '–', '–', '–', '–', '–', '1.00', '1.00'],
    ['pipecast', '90,000', '10.0', '–', '8.3', '–', '–', '–', '4.50', '0.25'],
  ])
})

it('says of each target what is wanted, what was measured and whether it is good', () => {
  const table = targetTable(results, [
    { meaning: 'memory', bound: { atMost: 8 }, unit: 'kB', value: () => 8.25 },
    { meaning: 'opened', bound: { atLeast: 9_000 }, unit: '/s', value: () => 9_500.4 },
    { meaning: 'cpu', bound: { below: 1 }, unit: '×', value: () => undefined },
  ])

  expect(table.slice(1)).toEqual([
    ['memory', 'at most 8.0 kB', '8.3 kB', 'miss'],
    ['opened', 'at least 9,000/s', '9,500/s', 'hit'],
    ['cpu', 'below 1.00 ×', '–', 'not measured'],
  ])
})

it('aligns a table for the terminal and paints its verdicts', () => {
  const painted: string[] = []
  const paint = (tone: string, text: string) => {
    painted.push(`${tone} ${text.trim()}`)
    return text
  }

  const text = asText(
    [
      ['name', 'n', 'verdict'],
      ['one', '1', 'hit'],
      ['eleven', '11', 'miss'],
    ],
    paint,
  )

  expect(text.split('\n')).toEqual([
    'name     n  verdict',
    'one      1      hit',
    'eleven  11     miss',
  ])
  expect(painted.map((entry) => entry.split(' ')[0])).toEqual(['strong', 'good', 'bad'])
})

it('writes a table as Markdown, with figures to the right', () => {
  const text = asMarkdown([
    ['peer', 'ms'],
    ['naive', '3'],
  ])

  expect(text).toBe('| peer | ms |\n|---|--:|\n| naive | 3 |')
})
