import fc from 'fast-check'

/** A text that quotes a secret, and what is left of it. */
type SecretText = readonly [what: string, text: string, expected: string]

/** What stands in logs and errors, of each way in which a secret is announced. */
export const SECRET_TEXTS: readonly SecretText[] = [
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
]

/** What looks like it, and quotes none. */
export const INNOCENT_TEXTS: readonly string[] = [
  'postgres://user@host:5432/db?sslmode=require',
  'https://github.com/a/b/tree/1.2.3/x@y',
  'http://host:8080/path/a@b',
  's3://bucket/a:b',
  'select password, token from users where password is null',
  'select token::text, secret_id from t where id = 1',
  'the bearer',
  'tokenizer=bert primary_key=id author=me',
  '-----BEGIN CERTIFICATE-----\nMII',
  '2026-01-28T12:30:45.123456+00:00',
  'mail a@b.c: hello',
  '',
]

const PIECES = ['password', 'token', '=', ':', '"', "'", '\\', ' ', '://', 'a', '@', 'Bearer']
PIECES.push('-----BEGIN PRIVATE KEY-----', '--', '\n', '[redacted]', '&sig=')

/** Texts of all that the rules look at, in any order. */
export const textsOfPieces: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 30 })
  .map((all) => all.join(''))
