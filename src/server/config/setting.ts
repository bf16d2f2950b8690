/** One environment variable: declared once, read once, documented from here. */
export interface Setting<T> {
  /** The name of the environment variable. */
  readonly variable: string
  /** One sentence for the README. */
  readonly meaning: string
  /** What a value looks like, for errors: "a whole number from 1 to 65535". */
  readonly form: string
  /** A value that works, for errors and documentation. */
  readonly example: string
  /** The value when the variable is not set, as it would be written; empty means not set. */
  readonly defaultText: string
  /** The value must not appear in a log. */
  readonly secret: boolean
  /** @returns `undefined` when the text has not the form. */
  readonly parse: (text: string) => T | undefined
}

type Described = Pick<Setting<unknown>, 'variable' | 'meaning' | 'example'>

/** A whole number within bounds, both included. */
export function wholeNumber(
  about: Described & { readonly default: number; readonly min: number; readonly max: number },
): Setting<number> {
  return {
    ...about,
    form: `a whole number from ${about.min} to ${about.max}`,
    defaultText: String(about.default),
    secret: false,
    parse: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      return value >= about.min && value <= about.max ? value : undefined
    },
  }
}

/** One of a few words. */
export function oneOf<const Word extends string>(
  about: Described & { readonly default: Word; readonly words: readonly Word[] },
): Setting<Word> {
  return {
    ...about,
    form: `one of ${about.words.join(', ')}`,
    defaultText: about.default,
    secret: false,
    parse: (text) => about.words.find((word) => word === text),
  }
}

/** Any text that `accepts` takes; `undefined` when not set. */
export function optionalText(
  about: Described & {
    readonly form: string
    readonly secret?: boolean
    readonly accepts: (text: string) => boolean
  },
): Setting<string | undefined> {
  return {
    ...about,
    defaultText: '',
    secret: about.secret ?? false,
    parse: (text) => (about.accepts(text) ? text : undefined),
  }
}

/** A text that always has a value. */
export function text(about: Described & { readonly default: string }): Setting<string> {
  return {
    ...about,
    form: 'a text',
    defaultText: about.default,
    secret: false,
    parse: (value) => value,
  }
}

/**
 * Values separated by commas; spaces around them are dropped, empty ones are left out. Commas alone
 * are a mistake, such as variables that were not filled in: taken for no list, they could open what
 * was meant to be closed.
 */
export function list(
  about: Described & {
    readonly form: string
    readonly secret?: boolean
    readonly accepts: (entry: string) => boolean
  },
): Setting<readonly string[]> {
  return {
    ...about,
    defaultText: '',
    secret: about.secret ?? false,
    parse: (value) => {
      if (value === '') return []
      const entries = value.split(',').map((entry) => entry.trim())
      const kept = entries.filter((entry) => entry !== '')
      const isList = kept.length > 0 && kept.every((entry) => about.accepts(entry))
      return isList ? kept : undefined
    },
  }
}
