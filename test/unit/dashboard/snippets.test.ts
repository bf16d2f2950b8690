import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  firstRunSnippet,
  reportingSnippets,
  sharingSnippets,
} from '../../../src/dashboard/source-view/snippets.js'
import { watchOptions } from '../../../src/embed/element-options.js'

const BASE = 'https://status.example.com/board/'

/** What a shell hands to curl and pipecast, and what they read, with stand-ins for both. */
function runInShell(script: string): readonly string[] {
  const stub = 'curl() { printf "%s\\n" "$@"; cat; }; pipecast() { printf "%s\\n" "$@"; }'
  const output = execFileSync('bash', ['-c', `uuidgen() { echo an-id; }; ${stub}\n${script}`], {
    input: '',
  })
  return output.toString().split('\n')
}

describe('the snippets to copy', () => {
  it('ping a job of the default namespace', () => {
    const [ping] = reportingSnippets({ namespace: 'default', name: 'nightly-load' }, BASE)

    expect(runInShell(ping?.text ?? '')).toContain(
      'https://status.example.com/board/ping/any-token/nightly-load?create=1',
    )
  })

  it('ping no job that pings cannot name', () => {
    const names = [
      { namespace: 'airflow', name: 'nightly-load' },
      { namespace: 'default', name: 'Nightly Load' },
    ]

    const texts = names.flatMap((job) => reportingSnippets(job, BASE)).map(({ text }) => text)

    expect(texts.filter((text) => text.includes('/ping/'))).toEqual([])
  })

  it('reach a shell as they are meant, whatever the job is called', () => {
    const names = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' })
    fc.assert(
      fc.property(names, names, (namespace, name) => {
        const [wrapped, lineage] = reportingSnippets({ namespace: `x${namespace}`, name }, BASE)

        const args = runInShell(wrapped?.text ?? '')
        const event = runInShell(lineage?.text ?? '').find((line) => line.startsWith('{')) ?? '{}'

        expect(args.slice(0, 5)).toEqual(['run', '--namespace', `x${namespace}`, name, '--'])
        expect(JSON.parse(event)).toMatchObject({
          job: { namespace: `x${namespace}`, name },
          run: { runId: 'an-id' },
        })
      }),
      { numRuns: 25 },
    )
  })

  it('report a first run in one command', () => {
    expect(runInShell(firstRunSnippet(BASE))).toContain(
      'https://status.example.com/board/ping/any-token/my-first-job?create=1',
    )
  })

  it('show a source elsewhere by its encoded key', () => {
    const [badge, embed] = sharingSnippets('demo/a"b', BASE)

    expect(badge?.text).toBe(
      '![demo/a"b](https://status.example.com/board/badge/pipeline-status/demo%2Fa%22b.svg)',
    )
    expect(embed?.text).toBe(
      [
        '<script src="https://status.example.com/board/embed.js" async></script>',
        '<pipeline-status src="https://status.example.com/board/" sources="demo/a&quot;b"></pipeline-status>',
      ].join('\n'),
    )
  })

  it.each(['a,b', 'demo/x, y,', 'a%252C'])('embed %j as the element reads it', (key) => {
    const [, embed] = sharingSnippets(key, BASE)
    const sources = / sources="([^"]*)"/.exec(embed?.text ?? '')?.[1] ?? ''

    const options = watchOptions((name) => (name === 'sources' ? sources : null), BASE)

    expect(options.sources).toEqual([key])
  })
})
