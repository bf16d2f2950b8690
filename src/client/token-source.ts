/** A token, or where to get one; `undefined` when none is needed. */
export type TokenOption = string | (() => string | Promise<string>) | undefined

/** Knows the token, and asks for another when this one is no good. */
export interface TokenSource {
  /** The newest token; `undefined` before the first. */
  readonly current: string | undefined
  /** There is one, or a function that gets one. */
  readonly isConfigured: boolean
  /**
   * Gets a token that has not been shown yet. Whoever asks meanwhile gets the same.
   *
   * @param isAnother - the one before was refused.
   * @returns false when there is none, or only the one that was refused.
   * @throws what the application's function throws.
   */
  obtain(isAnother: boolean): Promise<boolean>
  /** The application has given one by itself. */
  give(token: string): void
}

/** Makes the source of a connection's tokens. */
export function createTokenSource(option: TokenOption): TokenSource {
  let current = typeof option === 'string' ? option : undefined
  let isGiven = current !== undefined
  let pending: Promise<boolean> | undefined

  const ask = async (ask: () => string | Promise<string>, isAnother: boolean): Promise<boolean> => {
    try {
      const token = await ask()
      if (isGiven) return true // meanwhile, by hand
      const isNew = token !== current
      current = token
      return token !== '' && (isNew || !isAnother)
    } finally {
      pending = undefined
    }
  }
  return {
    get current() {
      return current
    },
    get isConfigured() {
      return option !== undefined || current !== undefined
    },
    obtain: async (isAnother) => {
      const isUnshown = isGiven
      isGiven = false
      if (isUnshown) return true
      if (typeof option === 'function') return (pending ??= ask(option, isAnother))
      return current !== undefined && !isAnother
    },
    give: (token) => {
      current = token
      isGiven = true
    },
  }
}
