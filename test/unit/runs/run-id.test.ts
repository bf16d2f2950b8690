import { describe, expect, it } from 'vitest'
import { canonicalRunId } from '../../../src/server/runs/run-id.js'

describe('canonicalRunId', () => {
  it('[OL-run-id] keeps a UUID of any version, in lower case', () => {
    const version7 = '01A1F7E2-49FE-7008-BA79-A3E737BCA1FD'

    expect(canonicalRunId(version7)).toBe('01a1f7e2-49fe-7008-ba79-a3e737bca1fd')
    expect(canonicalRunId('00000000-0000-0000-0000-000000000000')).toMatch(/^0{8}-/)
  })

  it('[OL-run-id] hashes anything else as uuid5(NAMESPACE_URL, id) of other languages does', () => {
    expect(canonicalRunId('http://python.org/')).toBe('4c565f0d-3f5a-5890-b41b-20cf47701c5e')
    expect(canonicalRunId('scheduled__2026-01-28T00:00:00+00:00')).toBe(
      '12f8f4c5-1982-5d17-a2e2-8f709639194d',
    )
  })

  it('[OL-run-id] is stable, and its own result stays as it is', () => {
    const hashed = canonicalRunId('läuft\uFFFD')

    expect(canonicalRunId('läuft\uFFFD')).toBe(hashed)
    expect(canonicalRunId(hashed)).toBe(hashed)
    expect(hashed).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('[OL-run-id] tells ids apart that differ only in case, unless they are UUIDs', () => {
    expect(canonicalRunId('Run-1')).not.toBe(canonicalRunId('run-1'))
  })
})
