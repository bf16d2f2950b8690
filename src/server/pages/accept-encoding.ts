/** The encodings in which pages are sent. */
export type Encoding = 'br' | 'gzip' | 'identity'

const PREFERENCE: readonly Encoding[] = ['br', 'gzip']

/**
 * The best encoding that a client takes (RFC 9110, 12.5.3).
 *
 * @param header - Accept-Encoding; without one nothing is compressed.
 */
export function bestEncoding(header: string | undefined): Encoding {
  const weights = new Map<string, number>()
  for (const entry of header?.split(',') ?? []) {
    const [name = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)))
  }
  const takes = (encoding: string) => (weights.get(encoding) ?? weights.get('*') ?? 0) > 0
  return PREFERENCE.find(takes) ?? 'identity'
}
