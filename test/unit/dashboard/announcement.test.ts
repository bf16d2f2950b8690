import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { announcement, type Known } from '../../../src/dashboard/connection/announcement.js'
import { board, source } from './board-samples.js'

const live: Known['pill'] = { kind: 'websocket', label: 'WebSocket Connected' }
const lost: Known['pill'] = { kind: 'reconnecting', label: 'Reconnecting… attempt 2, next in 4 s' }

const healthy = board([source('acled'), source('punch')], 'Healthy')
const failing = board([source('acled', { status: 'Failing' }), source('punch')], 'Failing')

describe('what is said aloud', () => {
  it('is nothing while nothing changes', () => {
    expect(
      announcement({ pill: live, status: healthy }, { pill: live, status: healthy }),
    ).toBeNull()
  })

  it('is nothing when only the numbers of a label change', () => {
    const later = { ...lost, label: 'Reconnecting… attempt 3, next in 9 s' }

    expect(announcement({ pill: lost }, { pill: later })).toBeNull()
  })

  it('is the loss of the connection and its return', () => {
    expect(announcement({ pill: live }, { pill: lost })).toBe('Connection lost, reconnecting.')
    expect(announcement({ pill: lost }, { pill: live })).toBe('WebSocket Connected.')
  })

  it('is the overall status with the first data, and no source', () => {
    expect(announcement({ pill: live }, { pill: live, status: failing })).toBe(
      'Overall status: Failing.',
    )
  })

  it('is each source whose status has changed, after the overall status', () => {
    expect(announcement({ pill: live, status: healthy }, { pill: live, status: failing })).toBe(
      'Overall status: Failing. acled: Failing.',
    )
  })

  it('says nothing of sources that are new, or run', () => {
    const more = board([source('acled', { running: 1 }), source('punch'), source('new')], 'Healthy')

    expect(announcement({ pill: live, status: healthy }, { pill: live, status: more })).toBeNull()
  })

  it('counts more than three changes in place of reading them out', () => {
    const names = ['a', 'b', 'c', 'd']
    const before = board(
      names.map((name) => source(name)),
      'Healthy',
    )
    const after = board(
      names.map((name) => source(name, { status: 'Late' })),
      'Healthy',
    )

    expect(announcement({ pill: live, status: before }, { pill: live, status: after })).toBe(
      '4 sources have changed their status.',
    )
  })

  it('never speaks twice of the same', () => {
    const status = fc.constantFrom('Healthy', 'Failing', 'Late', 'Paused')
    const boards = fc
      .tuple(status, status)
      .map(([acled, punch]) =>
        board([source('acled', { status: acled }), source('punch', { status: punch })], acled),
      )
    fc.assert(
      fc.property(boards, fc.constantFrom(live, lost), (data, pill) => {
        const known = { pill, status: data }

        expect(announcement(known, { pill, status: structuredClone(data) })).toBeNull()
      }),
    )
  })
})
