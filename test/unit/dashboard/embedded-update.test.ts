import { describe, expect, it } from 'vitest'
import { embeddedUpdate } from '../../../src/dashboard/page/embedded-update.js'
import { agoMs, NOW, update } from './board-samples.js'

const { data } = update()

/** A frame as the server writes it into the page. */
function frameJson(ageMs: number, more: object = {}): string {
  const head = { type: 'pipeline_status_update', timestamp: agoMs(0), epoch: 'e', seq: 7 }
  return JSON.stringify({ ...head, generated_at: agoMs(ageMs), data, ...more })
}

describe('the data that comes with the page', () => {
  it('is as old as its reading from the database', () => {
    expect(embeddedUpdate(frameJson(3_000), NOW)).toEqual({
      data,
      epoch: 'e',
      seq: 7,
      generatedAt: NOW - 3_000,
      receivedAt: NOW - 3_000,
      isStale: false,
    })
  })

  it('is of no age below zero where the clocks differ a little', () => {
    expect(embeddedUpdate(frameJson(-2_000), NOW)?.receivedAt).toBe(NOW)
  })

  it('counts up to 10 s, and not when a browser shows a document that it has kept', () => {
    expect(embeddedUpdate(frameJson(10_000), NOW)).toBeDefined()
    expect(embeddedUpdate(frameJson(10_001), NOW)).toBeUndefined()
  })

  it('does not count where the clocks do not agree', () => {
    expect(embeddedUpdate(frameJson(-10_001), NOW)).toBeUndefined()
  })

  it('does not count when the server cannot read its database', () => {
    expect(embeddedUpdate(frameJson(0, { stale: true }), NOW)).toBeUndefined()
  })

  it('need not be there', () => {
    expect(embeddedUpdate(null, NOW)).toBeUndefined()
  })
})
