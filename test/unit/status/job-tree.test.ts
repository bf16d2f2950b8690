import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupByRoot, type TreeNode } from '../../../src/server/status/job-tree.js'

/** Groups jobs given as `[id, parent]`, and says it in ids. */
function group(...jobs: readonly (readonly [string, (string | null)?])[]) {
  const nodes = jobs.map(([id, parentId]): TreeNode => ({ id, parentId: parentId ?? null }))
  const groups = [...groupByRoot(nodes)]
  return Object.fromEntries(groups.map(([root, members]) => [root.id, members.map(({ id }) => id)]))
}

describe('groupByRoot', () => {
  it('[pipelines] of nothing is nothing', () => {
    expect(group()).toEqual({})
  })

  it('[pipelines] takes a job without children for its own source', () => {
    expect(group(['a'], ['b'])).toEqual({ a: ['a'], b: ['b'] })
  })

  it('[pipelines] takes direct children for the sources, in their order, and the root for none', () => {
    expect(group(['z', 'root'], ['root'], ['a', 'root'])).toEqual({ root: ['z', 'a'] })
  })

  it('[pipelines] takes a grandchild for nobody’s source', () => {
    expect(group(['root'], ['child', 'root'], ['grandchild', 'child'])).toEqual({
      root: ['child'],
    })
  })

  it('[pipelines] takes a job whose parent is not known for a root', () => {
    expect(group(['a', 'nowhere'], ['b', 'a'])).toEqual({ a: ['b'] })
  })

  it('[pipelines] takes a job that is its own parent for a root', () => {
    expect(group(['a', 'a'])).toEqual({ a: ['a'] })
    expect(group(['a', 'a'], ['b', 'a'])).toEqual({ a: ['b'] })
  })

  it('[pipelines] takes jobs that are each other’s parents for roots', () => {
    expect(group(['a', 'b'], ['b', 'a'])).toEqual({ a: ['a'], b: ['b'] })
    expect(group(['a', 'b'], ['b', 'c'], ['c', 'a'])).toEqual({ a: ['a'], b: ['b'], c: ['c'] })
  })

  it('[pipelines] takes a job beside a circle for a source of the one it hangs on', () => {
    expect(group(['a', 'b'], ['b', 'a'], ['c', 'a'])).toEqual({ a: ['c'], b: ['b'] })
  })

  it('[pipelines] finds a circle of any length', () => {
    const ids = Array.from({ length: 8 }, (_, index) => `j${index}`)
    const circle = ids.map((id, index) => [id, ids[(index + 1) % ids.length]!] as const)

    expect(Object.keys(group(...circle))).toEqual(ids)
  })

  it('[pipelines] does not take a long line of ancestors for a circle', () => {
    const line = Array.from({ length: 50 }, (_, index) =>
      index === 0 ? (['j0'] as const) : ([`j${index}`, `j${index - 1}`] as const),
    )

    expect(group(...line)).toEqual({ j0: ['j1'] })
  })

  it('[pipelines] ends for any parents at all, no root empty and no source in two pipelines', () => {
    const parents = fc.array(fc.option(fc.nat(12)), { maxLength: 12 })
    fc.assert(
      fc.property(parents, (parentIds) => {
        const jobs = parentIds.map(
          (parent, index): TreeNode => ({
            id: String(index),
            parentId: parent === null ? null : String(parent),
          }),
        )

        const members = [...groupByRoot(jobs).values()]

        expect(members.every((list) => list.length > 0)).toBe(true)
        expect(new Set(members.flat()).size).toBe(members.flat().length)
        for (const job of jobs) {
          if (job.parentId === null) expect(groupByRoot(jobs).has(job)).toBe(true)
        }
      }),
    )
  })
})
