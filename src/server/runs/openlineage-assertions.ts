import { canonicalName, shortenedName } from './job-name.js'
import { jsonMember } from './json-member.js'
import { MAX_METRIC_NAME_LENGTH } from './metric-report.js'
import type { Assertion } from './run-event.js'

/** So many assertions of one event are kept; those that fail go before the others. */
export const MAX_ASSERTIONS = 200

/** Severities whose failure is worth no more than a warning. */
const MILD = ['warn', 'warning', 'info']

/** Where the facet has been found: some producers write it twice. */
const PLACES = [
  ['inputs', 'inputFacets'],
  ['inputs', 'facets'],
  ['outputs', 'outputFacets'],
  ['outputs', 'facets'],
] as const

/**
 * Reads the facet `dataQualityAssertions` of every dataset. What is not of its shape adds nothing.
 *
 * @param event - an OpenLineage run event, secrets redacted.
 * @returns one for each name, the worst of them; `undefined` when there are none.
 */
export function readAssertions(event: unknown): readonly Assertion[] | undefined {
  const worst = new Map<string, Assertion>()
  for (const [side, member] of PLACES) {
    for (const dataset of arrayOf(jsonMember(event, side))) {
      const given = jsonMember(dataset, member, 'dataQualityAssertions', 'assertions')
      for (const item of arrayOf(given)) {
        const assertion = readAssertion(item, dataset)
        if (assertion === null) continue
        const known = worst.get(assertion.name)
        if (known === undefined || badness(assertion) > badness(known)) {
          worst.set(assertion.name, assertion)
        }
      }
    }
  }
  if (worst.size === 0) return undefined
  return [...worst.values()]
    .sort((one, other) => badness(other) - badness(one))
    .slice(0, MAX_ASSERTIONS)
}

function readAssertion(item: unknown, dataset: unknown): Assertion | null {
  const isSuccess = jsonMember(item, 'success')
  const test = testName(item)
  if (typeof isSuccess !== 'boolean' || test === null) return null
  const subject = datasetName(dataset)
  const name = shortenedName(
    subject === null ? test : `${test} on ${subject}`,
    MAX_METRIC_NAME_LENGTH,
  )
  const severity = jsonMember(item, 'severity')
  const isWarning = typeof severity === 'string' && MILD.includes(severity.toLowerCase())
  return { name, isSuccess, ...(isWarning ? { isWarning } : {}) }
}

/** Its own name, else what it asserts and of which column: `not_null(id)`. */
function testName(item: unknown): string | null {
  const name = canonicalName(jsonMember(item, 'name'))
  if (name !== null) return name
  const assertion = canonicalName(jsonMember(item, 'assertion'))
  const column = canonicalName(jsonMember(item, 'column'))
  return assertion === null || column === null ? assertion : `${assertion}(${column})`
}

function datasetName(dataset: unknown): string | null {
  const namespace = canonicalName(jsonMember(dataset, 'namespace'))
  const name = canonicalName(jsonMember(dataset, 'name'))
  return namespace === null || name === null ? name : `${namespace}/${name}`
}

/** A failure counts before a success, and what must hold before what only should. */
function badness({ isSuccess, isWarning = false }: Assertion): number {
  if (isWarning) return isSuccess ? 0 : 1
  return isSuccess ? 2 : 3
}

function arrayOf(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? given : []
}
