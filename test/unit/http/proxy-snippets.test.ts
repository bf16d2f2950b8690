import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const documents = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)]

describe('the documented proxies', () => {
  it('[P1.10] say whom they speak for, so that nobody they bring in passes for this machine', () => {
    const snippets = documents.flatMap((path) => [
      ...readFileSync(path, 'utf8').matchAll(/^```nginx\n([\s\S]*?)^```$/gm),
    ])

    expect(snippets).not.toEqual([])
    for (const [snippet] of snippets) {
      expect(snippet).toContain('proxy_set_header Host $host;')
      expect(snippet).toContain('proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;')
    }
  })
})
