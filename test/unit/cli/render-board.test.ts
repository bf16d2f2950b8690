import { describe, expect, it } from 'vitest'
import { cellWidth } from '../../../src/cli/text-fit.js'
import { renderBoard } from '../../../src/cli/watch/render-board.js'
import { initialState, nextState } from '../../../src/cli/watch/watch-state.js'
import { liveState, SAMPLE_NOW, sampleSource, sampleStatus, sampleUpdate } from './sample-status.js'

const PLAIN = { width: 140, height: 40, now: SAMPLE_NOW + 2_000, colour: false }

function boardOf(...sources: ReturnType<typeof sampleSource>[]) {
  return liveState(sampleUpdate(sampleStatus(sources)))
}

function lineWith(picture: string, text: string): string {
  return picture.split('\n').find((line) => line.includes(text)) ?? ''
}

describe('renderBoard', () => {
  it('says in its head how all is, how it is connected, and how old the data is', () => {
    const state = boardOf(sampleSource('acled'), sampleSource('punch', { status: 'Failing' }))

    const lines = renderBoard(state, PLAIN).split('\n')

    expect(lines[0]).toBe('✖ Failing  http://localhost:8000  live  data 2 s old')
    expect(lines[1]).toBe(
      '1 pipeline, 2 sources: 1 failing, 1 healthy; queue: 4 waiting, 2 running',
    )
  })

  it('waits for the first data without inventing any', () => {
    const picture = renderBoard(initialState('http://h'), PLAIN)

    expect(picture).toBe('waiting for the first data  http://h  connecting…')
  })

  it('says that nothing has been reported, of an empty document', () => {
    const empty = { ...sampleStatus([]), pipelines: {} }

    const picture = renderBoard(liveState(sampleUpdate(empty)), PLAIN)

    expect(picture).toContain('nothing has been reported yet')
  })

  it('tells a source in one row: status, age, duration, rate and history', () => {
    const picture = renderBoard(boardOf(sampleSource('acled')), PLAIN)

    const row = lineWith(picture, 'acled')

    expect(row.replace(/\s+/g, ' ')).toBe(' ● Healthy acled 5 min ago 2 min 15 s 98 % ····✗··M')
  })

  it('shows what is not known as empty, never as 0', () => {
    const { duration_ms, success_rate, last_run, ...unknown } = sampleSource('new', {
      status: 'Unknown',
      reasons: [],
      history: '',
    })
    const picture = renderBoard(boardOf(unknown), PLAIN)

    const row = lineWith(picture, 'new')

    expect([duration_ms, success_rate, last_run]).not.toContain(undefined)
    expect(row.replace(/\s+/g, ' ').trim()).toBe('? Unknown new no run yet')
  })

  it('tells a run in progress and for how long, beside a status that it does not hide', () => {
    const source = sampleSource('acled', { status: 'Failing', running: 2, reasons: ['2 failures'] })

    const row = lineWith(renderBoard(boardOf(source), PLAIN), 'acled')

    expect(row).toContain('✖ Failing')
    expect(row).toContain('running 2× 5 min 2 s')
    expect(row).toContain('2 failures')
  })

  it('gives all reasons and the error of a failed run', () => {
    const source = sampleSource('acled', {
      status: 'Failing',
      reasons: ['3 failures in a row', 'stale'],
      error: 'disk full',
    })

    const row = lineWith(renderBoard(boardOf(source), { ...PLAIN, width: 200 }), 'acled')

    expect(row).toContain('3 failures in a row; stale: disk full')
  })

  it('does not round a success rate up to everything', () => {
    const row = lineWith(
      renderBoard(boardOf(sampleSource('acled', { success_rate: 0.999 })), PLAIN),
      'acled',
    )

    expect(row).toContain('99 %')
    expect(row).not.toContain('100 %')
  })

  it('groups sources under their pipeline, problems first', () => {
    const state = boardOf(
      sampleSource('a'),
      sampleSource('b', { status: 'Paused' }),
      sampleSource('c', { status: 'Failing' }),
      sampleSource('d', { status: 'Late' }),
      sampleSource('e', { status: 'Degraded' }),
      sampleSource('f', { status: 'Unknown' }),
    )

    const words = renderBoard(state, PLAIN)
      .split('\n')
      .slice(3, 10)
      .map((line) => line.trim().split(/\s+/).slice(1, 3).join(' '))

    expect(words).toEqual([
      'Degraded nightly',
      'Failing c',
      'Degraded e',
      'Late d',
      'Unknown f',
      'Healthy a',
      'Paused b',
    ])
  })

  it('does not repeat a pipeline that is its own source', () => {
    const alone = sampleSource('nightly')

    const picture = renderBoard(boardOf(alone), PLAIN)

    expect(picture.match(/nightly/g)).toHaveLength(1)
    expect(picture).toContain('\n● Healthy')
  })

  it('warns of data that is older than the server lets it become', () => {
    const picture = renderBoard(boardOf(sampleSource('acled')), {
      ...PLAIN,
      now: SAMPLE_NOW + 42_000,
    })

    expect(picture).toContain('! data may be out of date: 42 s old')
  })

  it('does not warn exactly at the age that is still allowed', () => {
    const picture = renderBoard(boardOf(sampleSource('acled')), {
      ...PLAIN,
      now: SAMPLE_NOW + 15_000,
    })

    expect(picture).not.toContain('out of date')
  })

  it('warns of data that the server itself calls stale, however young', () => {
    const data = sampleStatus([sampleSource('acled')])

    const picture = renderBoard(liveState(sampleUpdate(data, { stale: true })), PLAIN)

    expect(picture).toContain('! data may be out of date: 2 s old; the server cannot read')
  })

  it('says that the socket is lost, why, and what is done about it', () => {
    const lost = { kind: 'lost', reason: 'ECONNREFUSED', retryAt: PLAIN.now + 2_100 } as const
    const state = nextState(boardOf(sampleSource('acled')), lost, SAMPLE_NOW)

    const picture = renderBoard(state, PLAIN)

    expect(picture).toContain('disconnected')
    expect(picture).toContain('! no live connection: ECONNREFUSED; reconnecting in 3 s')
  })

  it('never promises the next attempt for later than in a minute, though the clock was set back', () => {
    const retryAt = PLAIN.now + 7_200_000
    const lost = { kind: 'lost', reason: 'ECONNREFUSED', retryAt } as const
    const state = nextState(boardOf(sampleSource('acled')), lost, SAMPLE_NOW)

    expect(renderBoard(state, PLAIN)).toContain('ECONNREFUSED; reconnecting in 1 min')
  })

  it('says that the data is a demo', () => {
    const data = { ...sampleStatus([sampleSource('acled')]), demo: true as const }

    const picture = renderBoard(liveState(sampleUpdate(data)), PLAIN)

    expect(picture).toContain('(demo data)')
  })

  it.each([10, 20, 30, 45, 60, 79, 80, 100, 120, 200])('fits into %i columns', (width) => {
    const state = boardOf(
      sampleSource('a-source-with-a-name-that-is-far-too-long-for-any-table', {
        status: 'Failing',
        reasons: ['a reason '.repeat(30)],
        history: 'c'.repeat(90),
      }),
      sampleSource('日本語のソース'),
    )

    const lines = renderBoard(state, { ...PLAIN, width }).split('\n')

    expect(Math.max(...lines.map(cellWidth))).toBeLessThanOrEqual(width)
  })

  it('fits into the height and says how much it hides, keeping the problems', () => {
    const sources = Array.from({ length: 30 }, (_, index) => sampleSource(`s${index}`))
    const state = boardOf(...sources, sampleSource('z', { status: 'Failing' }))

    const lines = renderBoard(state, { ...PLAIN, height: 10 }).split('\n')

    expect(lines).toHaveLength(10)
    expect(lines.at(-1)).toMatch(/^… \d+ more lines/)
    expect(lines.join('\n')).toContain('✖ Failing   z')
  })

  it('fits into 2 lines', () => {
    const lines = renderBoard(boardOf(sampleSource('a')), { ...PLAIN, height: 2 }).split('\n')

    expect(lines).toHaveLength(2)
  })

  it('writes escape codes with colour only, and the same text with and without', () => {
    const state = boardOf(sampleSource('acled'), sampleSource('punch', { status: 'Failing' }))

    const coloured = renderBoard(state, { ...PLAIN, colour: true })
    const plain = renderBoard(state, PLAIN)

    expect(plain).not.toContain('\u001b')
    expect(coloured).toContain('\u001b[')
    expect(coloured.replace(/\u001b\[[\d;]*m/g, '')).toBe(plain)
  })

  it('lets no control character of a name, reason or error reach the terminal', () => {
    const source = sampleSource('x\u001b[2J', { reasons: ['\u0007bell'], error: 'a\u009bb' })

    const picture = renderBoard(boardOf(source), PLAIN)

    expect(picture.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })
})
