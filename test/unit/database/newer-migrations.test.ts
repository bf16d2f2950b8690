import { describe, expect, it } from 'vitest'
import {
  MigrationsDifferError,
  newerMigrations,
} from '../../../src/server/database/newer-migrations.js'

const OURS = ['0001-a', '0002-b', '0003-c']
const newerThanOurs = (...executed: readonly string[]) => newerMigrations(executed, OURS)

describe('newerMigrations', () => {
  it.each([[[]], [['0001-a']], [['0002-b', '0001-a']], [OURS]])(
    '[startup] knows of none when %j were run: the first of ours, or all',
    (executed) => {
      expect(newerThanOurs(...executed)).toEqual([])
    },
  )

  it('[startup] names those after the last of ours, in their order', () => {
    expect(newerThanOurs('0005-e', ...OURS, '0004-d')).toEqual(['0004-d', '0005-e'])
  })

  it.each([
    [['0001-a', '0002-b', '0002-other'], '(0002-other is not known here)'],
    [[...OURS, '0002-other'], '(0002-other is not known here)'],
    [['0001-a', '0003-c'], '(0002-b was left out)'],
    [['0001-a', '0002-b', '0004-d'], '(0003-c was left out)'],
    [['0000-z', '0002-b'], '(0000-z is not known here, 0001-a was left out)'],
  ])('[startup] does not take %j for a newer version', (executed, reason) => {
    expect(() => newerThanOurs(...executed)).toThrow(MigrationsDifferError)
    expect(() => newerThanOurs(...executed)).toThrow(reason)
  })
})
