import { readdir, readFile } from 'node:fs/promises'

// Every numbered rule of PROTOCOL.md is cited by a test, and every citation names a rule.

const root = new URL('../../', import.meta.url)
const RULE_LINE = /^- \*\*(P\d+(?:\.\d+)?)\*\*/gm
const CITATION = /\[(P\d+(?:\.\d+)?)\]/g

const rules = new Set(matchesIn(await readFile(new URL('PROTOCOL.md', root), 'utf8'), RULE_LINE))
const citations = await readCitations()
const untested = [...rules].filter((rule) => !citations.has(rule))
const unknown = [...citations.keys()].filter((rule) => !rules.has(rule))

for (const rule of untested) console.error(`PROTOCOL.md: no test cites [${rule}]`)
for (const rule of unknown) {
  console.error(`${citations.get(rule) ?? ''}: cites [${rule}], which PROTOCOL.md does not have`)
}
if (rules.size === 0) console.error('PROTOCOL.md: no rules found')
if (rules.size === 0 || untested.length + unknown.length > 0) process.exitCode = 1
else console.log(`protocol: ${rules.size} rules, each cited by a test`)

async function readCitations(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const tests = new URL('test/', root)
  for (const name of await readdir(tests, { recursive: true })) {
    if (!name.endsWith('.test.ts')) continue
    for (const rule of matchesIn(await readFile(new URL(name, tests), 'utf8'), CITATION)) {
      found.set(rule, `test/${name}`)
    }
  }
  return found
}

function matchesIn(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '')
}
