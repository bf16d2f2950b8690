import { describe, expect, it } from 'vitest'
import { chooseSubprotocol } from '../../../src/server/http/subprotocol.js'

describe('chooseSubprotocol', () => {
  it.each([
    [['pipecast.v1'], 'pipecast.v1'],
    [['pipecast.v1', 'pipecast.v1.patch'], 'pipecast.v1.patch'],
    [['other.v9', 'pipecast.v1.patch'], 'pipecast.v1.patch'],
    [['other.v9'], false],
    [[], false],
  ])('[P2.7] of %j it takes %s', (offered, chosen) => {
    expect(chooseSubprotocol(new Set(offered))).toBe(chosen)
  })
})
