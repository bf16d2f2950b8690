import { describe, expect, it } from 'vitest'
import { createPaint, wantsColour } from '../../../src/cli/colour.js'
import { ageText, durationText } from '../../../src/cli/duration-text.js'
import { errorHint, errorWord } from '../../../src/cli/explain-error.js'
import { cellWidth, cutTo, fitTo, printable } from '../../../src/cli/text-fit.js'

describe('printable', () => {
  it('lets no escape sequence of a name through to the terminal', () => {
    const text = printable('evil\u001b[2J\u009b31m\u0007name\r\nnext')

    expect(text).toBe('evil [2J 31m name next')
  })

  it('takes out the marks that would turn the direction of text', () => {
    const text = printable('abc\u202egpj.exe')

    expect(text).toBe('abc gpj.exe')
  })
})

describe('cutTo and fitTo', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['日本語', 4, '日…'],
    ['abc', 0, ''],
  ])('cuts %s to %i cells', (text, cells, expected) => {
    expect(cutTo(text, cells)).toBe(expected)
  })

  it.each(['', 'a', '日本語', 'e\u0301a', '🚀 up', 'a long text'])('fits "%s" exactly', (text) => {
    const fitted = fitTo(text, 6)

    expect(cellWidth(fitted)).toBe(6)
  })
})

describe('durationText', () => {
  it.each([
    [0, '0 s'],
    [450, '0.4 s'],
    [9_999, '9.9 s'],
    [42_900, '42 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [11_400_000, '3 h 10 min'],
    [353_000_000, '4 d 2 h'],
    [-5, '0 s'],
  ])('tells %i ms as %s', (ms, expected) => {
    expect(durationText(ms)).toBe(expected)
  })
})

describe('ageText', () => {
  it.each([
    [1_999, '1 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [172_800_000, '2 d'],
  ])('tells %i ms as %s', (ms, expected) => {
    expect(ageText(ms)).toBe(expected)
  })
})

describe('wantsColour', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, true],
    [{ TERM: 'dumb' }, true, false],
  ])('with %o on a terminal (%s) is %s', (env, isTerminal, expected) => {
    expect(wantsColour(env, isTerminal)).toBe(expected)
  })
})

describe('createPaint', () => {
  it('writes no escape code without colour', () => {
    expect(createPaint(false)('bad', 'x')).toBe('x')
  })

  it('ends every colour that it begins', () => {
    expect(createPaint(true)('bad', 'x')).toBe('\u001b[31;1mx\u001b[0m')
  })
})

describe('errorWord and errorHint', () => {
  it('looks into the errors of a name that has two addresses', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })

    const both = new AggregateError([refused, refused])

    expect(errorWord(both)).toBe('ECONNREFUSED')
    expect(errorHint(both)).toContain('is the server running')
  })

  it('gives the message where the code is empty', () => {
    const error = Object.assign(new Error('too many links'), { code: '' })

    expect(errorWord(error)).toBe('too many links')
  })

  it('gives the message where there is no code, and invents no hint', () => {
    const error = new Error('something else')

    expect(errorWord(error)).toBe('something else')
    expect(errorHint(error)).toBeUndefined()
  })
})
