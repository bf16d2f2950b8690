/**
 * Whether a cached answer is still good (RFC 9110, 13.1.2, weak comparison).
 *
 * @param header - If-None-Match: a list of tags, weak or not, or `*`.
 * @param etag - the tag of the answer as it is now.
 */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  const tags = header.split(',').map((tag) => bare(tag.trim()))
  return tags.includes('*') || tags.includes(bare(etag))
}

function bare(tag: string): string {
  return tag.replace(/^W\//, '')
}
