/// <reference lib="es2024.string" />

/** Postgres text can hold neither NUL nor lone surrogates: each of them becomes U+FFFD. */
export function storableText(text: string): string {
  // Several times faster than replaceAll on a text of many NULs.
  return text.toWellFormed().split('\0').join('\uFFFD')
}

/**
 * The beginning of a text, never ending in half a character.
 *
 * @param maxLength - in UTF-16 code units.
 */
export function textHead(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const lastUnit = text.charCodeAt(maxLength - 1)
  const splitsPair = lastUnit >= 0xd800 && lastUnit < 0xdc00
  return text.slice(0, splitsPair ? maxLength - 1 : maxLength)
}
