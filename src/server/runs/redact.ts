/** Stands where a secret stood. */
export const REDACTED = '[redacted]'

const SECRET_KEY = new RegExp(
  [
    'passw(?:or)?d|passphrase|pwd$|secret(?!ar)|token(?!i[sz])|credential|authorization',
    '(?:api|private|access|account|encryption|signing|ssh)key',
    'conn(?:ection)?str(?:ing)?|^(?:set)?cookie$',
  ].join('|'),
)

/**
 * Whether a member of this name holds a secret. Case and separators do not count, so `apiKey`,
 * `API_KEY` and `api.key` are one; `tokenizer`, `primary_key`, `keys` and `author` are innocent.
 */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key.toLowerCase().replace(/[^a-z0-9]+/g, ''))
}

/** Where a secret stands in a text; `end` is exclusive. */
interface Span {
  readonly start: number
  readonly end: number
}

/**
 * What announces a secret, and where the secret is. Time stays linear whatever the text says,
 * because announcements are short (every repetition in them is bounded), and what follows is found
 * by searching for one character, which never goes back. `pipecast.redact` has the same rules for who
 * reports in SQL, and a test compares the two: a rule that changes here needs a migration.
 */
interface SecretRule {
  readonly announcement: RegExp
  readonly secretAfter: (text: string, from: number) => Span | null
}

const AFTER_AUTHORITY = /[\s/"'<>\\]/g
const AFTER_TOKEN = /[^\w.~+/=:-]/g
const AFTER_BARE_VALUE = /[\s&;,'"<>)}\\]/g

const SECRET_WORD =
  '(?:passw(?:or)?d|passphrase|pwd|secret(?:[ _.-]?key)?|token|credentials?|authorization' +
  '|(?:api|private|access|account|signing|encryption)[ _.-]?key|[?&](?:sig|x-amz-signature))'
const ASSIGNED = '\\\\?["\']?\\s{0,8}(?:=>|:=|={1,3}|:(?![:/]))\\s{0,8}'
const SCHEME = '(?:(?:basic|bearer|digest|token)[ \\t]{1,8})?'

const RULES: readonly SecretRule[] = [
  // scheme://user:secret@host
  { announcement: /:\/\//g, secretAfter: urlCredentials },
  // Bearer secret
  { announcement: /\bbearer[ \t]{1,8}/gi, secretAfter: bearerToken },
  // password=secret, "api_key": "secret", PASSWORD 'secret', IDENTIFIED BY 'secret', --token secret
  {
    announcement: new RegExp(
      `${SECRET_WORD}(?:${ASSIGNED}${SCHEME}|\\s{1,8}(?=['"]))` +
        `|\\bidentified\\s{1,8}by\\s{1,8}(?=['"])|--${SECRET_WORD}[ \\t]{1,8}`,
      'gi',
    ),
    secretAfter: assignedValue,
  },
  // a private key in PEM
  { announcement: /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----/g, secretAfter: pemBody },
]

/**
 * A text without the secrets that it quotes: passwords in URLs, bearer tokens, `password=…` and
 * its kin in connection strings, SQL and command lines, private keys. Takes time linear in its
 * length; what is redacted once stays as it is.
 */
export function redactText(text: string): string {
  return RULES.reduce(applyRule, text)
}

function applyRule(text: string, { announcement, secretAfter }: SecretRule): string {
  let redacted = ''
  let copiedTo = 0
  announcement.lastIndex = 0
  while (announcement.test(text)) {
    const secret = secretAfter(text, announcement.lastIndex)
    if (secret === null) continue
    redacted += text.slice(copiedTo, secret.start) + REDACTED
    copiedTo = secret.end
    announcement.lastIndex = secret.end
  }
  return copiedTo === 0 ? text : redacted + text.slice(copiedTo)
}

/** A password may hold `@`, so the last one counts; over HTTP a lone user name is a token. */
function urlCredentials(text: string, from: number): Span | null {
  const authority = text.slice(from, indexOf(text, from, AFTER_AUTHORITY))
  const at = authority.lastIndexOf('@')
  if (at < 1) return null
  const colon = authority.indexOf(':')
  if (colon >= 0 && colon < at) return spanOf(from + colon + 1, from + at)
  const isHttp = /https?$/i.test(text.slice(Math.max(0, from - 8), from - 3))
  return isHttp ? spanOf(from, from + at) : null
}

function bearerToken(text: string, from: number): Span | null {
  return spanOf(from, indexOf(text, from, AFTER_TOKEN))
}

function assignedValue(text: string, from: number): Span | null {
  const quote = text.startsWith('\\"', from) ? '\\"' : text.charAt(from)
  if (quote !== '\\"' && quote !== '"' && quote !== "'") {
    return spanOf(from, indexOf(text, from, AFTER_BARE_VALUE))
  }
  const start = from + quote.length
  return spanOf(start, closingQuote(text, start, quote))
}

/** Without a closing quote the rest of the text is the secret: it may have been cut off. */
function closingQuote(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from)
  while (at >= 0) {
    // SQL doubles a quote inside quotes, other languages put a backslash before it.
    const isDoubled = quote === "'" && text.charAt(at + 1) === quote
    const isEscaped = quote !== '\\"' && text.charAt(at - 1) === '\\'
    if (!isDoubled && !isEscaped) return at
    at = text.indexOf(quote, at + (isDoubled ? 2 : 1))
  }
  return text.length
}

function pemBody(text: string, from: number): Span | null {
  const end = text.indexOf('-----END', from)
  return spanOf(from, end < 0 ? text.length : end)
}

function indexOf(text: string, from: number, character: RegExp): number {
  character.lastIndex = from
  return character.exec(text)?.index ?? text.length
}

function spanOf(start: number, end: number): Span | null {
  return end > start ? { start, end } : null
}
