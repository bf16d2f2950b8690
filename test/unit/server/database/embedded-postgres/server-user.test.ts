import { describe, expect, it } from 'vitest'
import { pickServerUser } from '../../../../../src/server/database/embedded-postgres/server-user.js'

const root = 'root:x:0:0:root:/root:/bin/bash\n'
const nobody = 'nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n'
const postgres = 'postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n'

describe('the user of Postgres', () => {
  it('is postgres where that exists, wherever it stands', () => {
    expect(pickServerUser(root + nobody + postgres)).toEqual({ uid: 101, gid: 104 })
  })

  it('is nobody elsewhere', () => {
    expect(pickServerUser(`# a comment\n${root}${nobody}`)).toEqual({ uid: 65534, gid: 65533 })
  })

  it.each([
    ['', 'an empty file'],
    [root, 'root alone'],
    ['nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false\n', 'a negative id'],
    ['postgres:x:0:0:root in disguise:/:/bin/sh\n', 'root in disguise'],
    ['postgres\n', 'a broken line'],
  ])('is nobody we could name in %j (%s)', (passwd) => {
    expect(pickServerUser(passwd)).toBeNull()
  })
})
