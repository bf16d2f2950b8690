/** A server's URL, and the variable of the build that says so. */
export interface ConfiguredServer {
  readonly variable: string
  readonly url: string
}

// Written out, and not looked up: a bundler puts the value in the place of exactly these words.
declare const process: {
  readonly env: {
    readonly NEXT_PUBLIC_STATUS_URL?: string
    readonly NEXT_PUBLIC_WS_URL?: string
    readonly NEXT_PUBLIC_API_URL?: string
  }
}

/**
 * Where the build of the page says that the server is: the first of `NEXT_PUBLIC_STATUS_URL`,
 * `NEXT_PUBLIC_WS_URL` and `NEXT_PUBLIC_API_URL` that is not empty.
 *
 * @returns `undefined` when none is set, which means the page's own origin.
 */
export function configuredServer(): ConfiguredServer | undefined {
  const candidates = [
    ['NEXT_PUBLIC_STATUS_URL', () => process.env.NEXT_PUBLIC_STATUS_URL],
    ['NEXT_PUBLIC_WS_URL', () => process.env.NEXT_PUBLIC_WS_URL],
    ['NEXT_PUBLIC_API_URL', () => process.env.NEXT_PUBLIC_API_URL],
  ] as const
  for (const [variable, read] of candidates) {
    const url = whereProcessExists(read)
    if (url !== undefined && url !== '') return { variable, url }
  }
  return undefined
}

/** `typeof process` would not do: once the words are replaced, a value is there without one. */
function whereProcessExists(read: () => string | undefined): string | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ReferenceError || error instanceof TypeError) return undefined
    throw error
  }
}
