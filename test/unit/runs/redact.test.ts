import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSecretKey, redactText } from '../../../src/server/runs/redact.js'

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
  it.each([
    ['a URL', 'postgres://user:pw@host/db', 'postgres://user:[redacted]@host/db'],
    ['a password with @', 'pg://u:p@ss@h', 'pg://u:[redacted]@h'],
    ['a URL without a user', 'redis://:pw@h:6379', 'redis://:[redacted]@h:6379'],
    ['a token for a user', 'https://ghp_x@github.com/a', 'https://[redacted]@github.com/a'],
    ['several hosts', 'mongodb://u:p@a:1,b:2/d', 'mongodb://u:[redacted]@a:1,b:2/d'],
    ['two URLs', 'a://u:p@h b://u:p@h', 'a://u:[redacted]@h b://u:[redacted]@h'],
    [
      'a bearer token',
      'Authorization header Bearer xyz.a-b',
      'Authorization header Bearer [redacted]',
    ],
    ['lower-case bearer', 'sent bearer xyz!', 'sent bearer [redacted]!'],
    ['basic authorization', 'Authorization: Basic dTpw', 'Authorization: Basic [redacted]'],
    [
      'JDBC with &',
      'jdbc:x://h/d?user=a&password=b&c=d',
      'jdbc:x://h/d?user=a&password=[redacted]&c=d',
    ],
    [
      'JDBC with ;',
      'jdbc:sqlserver://h;password=b;x=y',
      'jdbc:sqlserver://h;password=[redacted];x=y',
    ],
    ['a DSN', "host=h password = 'a b' port=1", "host=h password = '[redacted]' port=1"],
    ['SQL', "CREATE USER u PASSWORD 'a''b';", "CREATE USER u PASSWORD '[redacted]';"],
    ['Oracle', 'IDENTIFIED BY "x y"', 'IDENTIFIED BY "[redacted]"'],
    ['COPY', "SECRET_ACCESS_KEY 'x/y'", "SECRET_ACCESS_KEY '[redacted]'"],
    ['JSON', '{"apiKey": "a\\"b", "n": 1}', '{"apiKey": "[redacted]", "n": 1}'],
    ['JSON in JSON', '{\\"token\\":\\"abc\\",', '{\\"token\\":\\"[redacted]\\",'],
    ['YAML', 'password: hunter2\nport: 1', 'password: [redacted]\nport: 1'],
    [
      'an environment',
      'AWS_SECRET_ACCESS_KEY=x PGPASSWORD=y',
      'AWS_SECRET_ACCESS_KEY=[redacted] PGPASSWORD=[redacted]',
    ],
    [
      'a command line',
      'load --password x --token y',
      'load --password [redacted] --token [redacted]',
    ],
    ['a signed URL', 'https://b/x?sig=abc&se=1', 'https://b/x?sig=[redacted]&se=1'],
    ['a text that ends too early', "password='half of it", "password='[redacted]"],
    [
      'a private key',
      '-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----',
      '-----BEGIN RSA PRIVATE KEY-----[redacted]-----END RSA PRIVATE KEY-----',
    ],
  ])('[OL-secrets] takes the secret out of %s', (_what, text, expected) => {
    expect(redactText(text)).toBe(expected)
  })

  it.each([
    ['postgres://user@host:5432/db?sslmode=require'],
    ['https://github.com/a/b/tree/1.2.3/x@y'],
    ['http://host:8080/path/a@b'],
    ['s3://bucket/a:b'],
    ['select password, token from users where password is null'],
    ['select token::text, secret_id from t where id = 1'],
    ['the bearer'],
    ['tokenizer=bert primary_key=id author=me'],
    ['-----BEGIN CERTIFICATE-----\nMII'],
    ['2026-01-28T12:30:45.123456+00:00'],
    ['mail a@b.c: hello'],
    [''],
  ])('[OL-secrets] leaves %j alone', (text) => {
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
    const pieces = [
      'password',
      'token',
      '=',
      ':',
      '"',
      "'",
      '\\',
      ' ',
      '://',
      'a',
      '@',
      'Bearer',
      '-----BEGIN PRIVATE KEY-----',
      '--',
      '\n',
      '[redacted]',
      '&sig=',
    ]
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((all) => all.join(''))
    fc.assert(
      fc.property(texts, (text) => {
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
