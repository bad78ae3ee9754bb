import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { derivedId, isJobId, newJobId, tagIn, tagOf } from './job-id.ts'

const cerner = { emrSystem: 'Cerner', emrInstance: 'default' }
const secret = createSecretKey(randomBytes(32))

test('a JobId is 20 characters, starts with a letter and tells its connection', () => {
  const ids = Array.from({ length: 1_000 }, () => newJobId(cerner))
  expect(ids.every(isJobId)).toBe(true)
  expect(new Set(ids).size).toBe(1_000)
  expect(new Set(ids.map(tagIn))).toEqual(new Set([tagOf(cerner)]))
})

test('each character of the random part takes all 36 values', () => {
  const ids = Array.from({ length: 2_000 }, () => newJobId(cerner))
  for (let place = 4; place < 20; place++) expect(new Set(ids.map((id) => id[place])).size).toBe(36)
})

test('an Idempotency-Key gives the same JobId for the same application, connection and secret only', () => {
  const id = derivedId(cerner, secret, 'job-id', 'demo', 'key')
  expect(isJobId(id)).toBe(true)
  expect(derivedId(cerner, secret, 'job-id', 'demo', 'key')).toBe(id)
  const others = [
    derivedId(cerner, secret, 'job-id', 'demo', 'key2'),
    derivedId(cerner, secret, 'job-id', 'other', 'key'),
    derivedId({ ...cerner, emrInstance: 'north' }, secret, 'job-id', 'demo', 'key'),
    derivedId(cerner, createSecretKey(randomBytes(32)), 'job-id', 'demo', 'key'),
    derivedId(cerner, secret, 'job-id', 'dem', 'okey'),
  ]
  expect(new Set([id, ...others]).size).toBe(6)
})

test.for(['', '12345678901234567890', 'a:b', 'A0000000000000000000', 'a000000000000000000', 'a00000000000000000000'])(
  'what is not a JobId is told from one: "%s"',
  (text) => expect(isJobId(text)).toBe(false),
)
