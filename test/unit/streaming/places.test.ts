import { beforeEach, describe, expect, it } from 'vitest'
import { type Place, Places } from '../../../src/server/streaming/places.js'

let now = 0
const clock = () => now

function createPlaces(limits: { max?: number; maxPerAddress?: number; holdMs?: number } = {}) {
  return new Places({ max: 3, maxPerAddress: 2, holdMs: 5_000, ...limits }, clock)
}

beforeEach(() => {
  now = 1_000
})

describe('Places', () => {
  it('[admission] lets in as many as there are places, and not one more', () => {
    const places = createPlaces()

    for (const address of ['a', 'b', 'c']) {
      expect(places.vacancyFor(address)).toBe('free')
      places.take(address)
    }

    expect(places.taken).toBe(3)
    expect(places.vacancyFor('d')).toBe('at_capacity')
  })

  it('[admission] of 200 that come at once serves exactly 50', () => {
    const places = createPlaces({ max: 50, maxPerAddress: 50 })

    const served = Array.from({ length: 200 }, (_, index) => `a${index}`).filter((address) => {
      if (places.vacancyFor(address) !== 'free') return false
      places.take(address)
      return true
    })

    expect(served).toHaveLength(50)
    expect(places.taken).toBe(50)
  })

  it('[admission] gives each address its share, and says so before it says that all is full', () => {
    const places = createPlaces()
    places.take('a')
    expect(places.vacancyFor('a')).toBe('free')
    places.take('a')

    expect(places.vacancyFor('a')).toBe('address_limit')
    expect(places.vacancyFor('b')).toBe('free')
    places.take('b')
    expect(places.vacancyFor('a')).toBe('address_limit')
    expect(places.vacancyFor('b')).toBe('at_capacity')
  })

  it('[admission] frees a place when its socket is gone, once however often that is said', () => {
    const places = createPlaces()
    const [first] = ['a', 'b', 'c'].map((address) => places.take(address))

    first!.release()
    first!.release()

    expect(places.taken).toBe(2)
    expect(places.vacancyFor('a')).toBe('free')
    places.take('a')
    expect(places.vacancyFor('d')).toBe('at_capacity')
  })

  it('[admission] frees the share of the address too', () => {
    const places = createPlaces()
    places.take('a')
    places.take('a').release()

    expect(places.vacancyFor('a')).toBe('free')
  })

  it('[admission] tells whose place it is', () => {
    expect(createPlaces().take('a').address).toBe('a')
  })
})

describe('Places, make before break', () => {
  let places: Places
  let aging: Place

  beforeEach(() => {
    places = createPlaces()
    aging = places.take('a')
    places.take('b')
    places.take('c')
    aging.expectSuccessor()
  })

  it('[age] lets the successor in at the cap, while the old socket lives', () => {
    expect(places.vacancyFor('a')).toBe('free')

    places.take('a')

    expect(places.taken).toBe(3)
    aging.release()
    expect(places.taken).toBe(3)
  })

  it('[age] lets in one successor, not two', () => {
    places.take('a')

    expect(places.vacancyFor('a')).toBe('at_capacity')
  })

  it('[age] lets in nobody else', () => {
    expect(places.vacancyFor('d')).toBe('at_capacity')
    aging.release()
    expect(places.vacancyFor('d')).toBe('at_capacity')
  })

  it('[age] lets the successor in although the address has its share', () => {
    const shared = createPlaces({ maxPerAddress: 1 })
    const old = shared.take('a')
    expect(shared.vacancyFor('a')).toBe('address_limit')

    old.expectSuccessor()

    expect(shared.vacancyFor('a')).toBe('free')
    shared.take('a')
    expect(shared.vacancyFor('a')).toBe('address_limit')
  })

  it('[age] keeps the place for 5 s after the old socket has gone, not a millisecond longer', () => {
    now = 2_000
    aging.release()

    now = 6_999
    expect(places.taken).toBe(3)
    expect(places.vacancyFor('a')).toBe('free')
    expect(places.vacancyFor('d')).toBe('at_capacity')
    now = 7_000
    expect(places.vacancyFor('d')).toBe('free')
    expect(places.taken).toBe(2)
  })

  it('[age] keeps it as long as the old socket lives, however long that is', () => {
    now = 1e9

    expect(places.vacancyFor('a')).toBe('free')
    expect(places.taken).toBe(3)
  })

  it('[age] gives the place to a successor in the last millisecond, for good', () => {
    aging.release()
    now = 5_999
    places.take('a')
    now = 60_000

    expect(places.taken).toBe(3)
    expect(places.vacancyFor('a')).toBe('at_capacity')
  })

  it('[age] announced twice is announced once', () => {
    aging.expectSuccessor()
    places.take('a')

    expect(places.vacancyFor('a')).toBe('at_capacity')
  })

  it('[age] announced again after the successor came promises no second one', () => {
    places.take('a')
    aging.expectSuccessor()

    expect(places.vacancyFor('a')).toBe('at_capacity')
  })

  it('[age] announced by a socket that has gone promises nothing', () => {
    const other = createPlaces({ max: 1 })
    const gone = other.take('a')
    gone.release()

    gone.expectSuccessor()

    expect(other.taken).toBe(0)
    other.take('b')
    expect(other.vacancyFor('a')).toBe('at_capacity')
  })

  it('[age] keeps a place for each of two that are renewed at one address', () => {
    const pair = createPlaces({ max: 2 })
    const both = [pair.take('a'), pair.take('a')]
    for (const place of both) place.expectSuccessor()
    for (const place of both) place.release()

    pair.take('a')
    expect(pair.vacancyFor('a')).toBe('free')
    pair.take('a')
    expect(pair.vacancyFor('a')).toBe('address_limit')
    expect(pair.taken).toBe(2)
  })

  it('[age] lets each of two places at one address expire at its own time', () => {
    const pair = createPlaces({ max: 2 })
    const both = [pair.take('a'), pair.take('a')]
    for (const place of both) place.expectSuccessor()
    both[0]!.release()
    now = 3_000
    both[1]!.release()

    now = 6_000
    expect(pair.taken).toBe(1)
    now = 7_999
    expect(pair.taken).toBe(1)
    now = 8_000
    expect(pair.taken).toBe(0)
  })
})
