import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSecretKey, redactText } from '../../../src/server/runs/redact.js'
import { INNOCENT_TEXTS, SECRET_TEXTS, textsOfPieces } from '../../support/secret-texts.js'

describe('isSecretKey', () => {
  it.each(
    [
      'password passwd PASSWORD dbPassword db_password PGPASSWORD pwd secret client_secret token',
      'accessToken refresh-token apikey apiKey API_KEY api.key x-api-key authorization Authorization',
      'credential credentials privateKey private_key access_key AWS_ACCESS_KEY_ID aws_secret_access_key',
      'connectionString connection_string connstr spark.hadoop.fs.s3a.secret.key ssh_key passphrase',
      'javax.jdo.option.ConnectionPassword fs.azure.account.key.store Set-Cookie cookie',
    ].flatMap((line) => line.split(' ')),
  )('[OL-secrets] %s is secret', (key) => {
    expect(isSecretKey(key)).toBe(true)
  })

  it.each(
    [
      'tokenizer tokenization tokenised primary_key keys key author authors authority name value',
      'secretary foreignKey monkey keyword compass bypass connection conn stringLength pass_count',
      'access accessMode private api _producer schemaURL password\u0000'.replace(
        'password\u0000',
        '',
      ),
    ].flatMap((line) => line.split(' ')),
  )('[OL-secrets] %s is innocent', (key) => {
    expect(isSecretKey(key)).toBe(false)
  })
})

describe('redactText', () => {
  it.each(SECRET_TEXTS)('[OL-secrets] takes the secret out of %s', (_what, text, expected) => {
    expect(redactText(text)).toBe(expected)
  })

  it.each(INNOCENT_TEXTS)('[OL-secrets] leaves %j alone', (text) => {
    expect(redactText(text)).toBe(text)
  })

  it('[OL-secrets] redacts a password of any letters in a URL', () => {
    const password = fc.string({
      minLength: 6,
      unit: fc.constantFrom(...'aZ9!$%^*()-_+=:;,.?#@~|&'.split('')),
    })
    fc.assert(
      fc.property(password, (secret) => {
        const text = redactText(`could not reach postgres://user:${secret}@host:5432/db`)

        expect(text).toBe('could not reach postgres://user:[redacted]@host:5432/db')
      }),
    )
  })

  it('[OL-secrets] leaves what it has redacted as it is', () => {
    fc.assert(
      fc.property(textsOfPieces, (text) => {
        const redacted = redactText(text)

        expect(redactText(redacted)).toBe(redacted)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['a'],
    ['password'],
    ['password='],
    ['password="'],
    ["password='\\'"],
    ["password=''"],
    ['password=\\"'],
    ['password   '],
    ['://'],
    ['://a:b@'],
    ['://@'],
    ['Bearer '],
    ['-----BEGIN PRIVATE KEY-----'],
    ["identified by '"],
    ['-'],
    [' '],
    ['\\"'],
    ['\0'],
  ])('[OL-size] takes 8 MB of %j in well under a second', (unit) => {
    const text = unit.repeat(8_000_000 / unit.length)

    const startedAt = performance.now()
    redactText(text)

    expect(performance.now() - startedAt).toBeLessThan(900)
  })
})
