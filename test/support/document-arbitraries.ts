import fc from 'fast-check'

const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', '__proto__', 'ä€🚀', '') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
)
const scalar = fc.oneof(
  fc.nat(9),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0), // JSON has no -0
  fc.boolean(),
  fc.constantFrom('x', 'é', '\u2028'),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const items = fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 3 })
const leaf = fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: items })
const member = fc.oneof(leaf, fc.dictionary(key, leaf, { maxKeys: 4 }))

/** What most documents have in common, and what some have instead. */
const fill = fc.oneof(
  { weight: 19, arbitrary: fc.constant('unchanged '.repeat(110)) },
  { weight: 1, arbitrary: fc.constant('different '.repeat(110)) },
)

/**
 * Documents that are large enough to be compressed and mostly alike, with any text and any number
 * in them. Where one of their fillings differs a patch is large, where both do it is no shorter
 * than the document.
 */
export const similarDocument = fc
  .tuple(fc.dictionary(key, member, { maxKeys: 6 }), fill, fill)
  .map(([members, one, other]) => ({ ...members, one, other }))
