/** Where to get a token. */
export type AskToken = () => string | Promise<string>

/** A token, or where to get one; `undefined` when none is needed. */
export type TokenOption = string | AskToken | undefined

/** Knows the token, and asks for another when this one is no good. */
export interface TokenSource {
  /** The newest token, which counts as shown from now on; `undefined` before the first. */
  readonly show: () => string | undefined
  /**
   * Gets a token to show: the one that has not been shown yet, or what the function says now.
   * Whoever asks meanwhile gets the same.
   *
   * @param isAnother - the one before was refused.
   * @returns false when there is none, or only the one that was refused.
   * @throws what the application's function throws.
   */
  readonly obtain: (isAnother: boolean) => Promise<boolean>
  /** The application has given one by itself. */
  readonly give: (token: string) => void
}

/** Makes the source of a connection's tokens. */
export function createTokenSource(option: TokenOption): TokenSource {
  const isFunction = typeof option === 'function'
  let current = isFunction ? undefined : option
  let isShown = current === undefined
  let asking: Promise<void> | undefined

  const give = (token: string) => {
    isShown &&= token === current
    current = token
  }
  return {
    show: () => {
      isShown = true
      return current
    },
    obtain: async (isAnother) => {
      if (isShown && isFunction) {
        asking ??= Promise.resolve(option())
          .then(give)
          .finally(() => {
            asking = undefined
          })
        await asking
      }
      return current !== undefined && !(isAnother && isShown)
    },
    give,
  }
}
