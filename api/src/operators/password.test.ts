import { expect, test } from 'vitest'
import { decoyOf, hashPassword, parsePasswordHash, verifyPassword } from './password.ts'

const cheap = { N: 16, r: 1, p: 1 }

test('a password fits its own hash and no other does', async () => {
  const hash = parsePasswordHash(await hashPassword('correct horse', cheap))
  expect(await verifyPassword('correct horse', hash)).toBe(true)
  expect(await verifyPassword('correct horsf', hash)).toBe(false)
  expect(await verifyPassword('', hash)).toBe(false)
})

test('agrees with RFC 7914, section 12', async () => {
  const expected =
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640'
  const hash = Buffer.from(expected, 'hex').toString('base64')
  const parsed = parsePasswordHash(`scrypt:1024:8:16:${Buffer.from('NaCl').toString('base64')}:${hash}`)
  expect(await verifyPassword('password', parsed)).toBe(true)
})

test('the same letters typed on another system fit too', async () => {
  const hash = parsePasswordHash(await hashPassword('Gr\u00fc\u00dfe', cheap))
  expect(await verifyPassword('Gru\u0308\u00dfe', hash)).toBe(true)
})

test('the hash made by default can be read back', async () => {
  expect(parsePasswordHash(await hashPassword('x'))).toMatchObject({ N: 32_768, r: 8, p: 3 })
})

test('a decoy costs the same and fits nothing', async () => {
  const decoy = decoyOf(parsePasswordHash(await hashPassword('x', cheap)))
  expect(decoy).toMatchObject(cheap)
  expect(await verifyPassword('x', decoy)).toBe(false)
})

test.each([
  'scrypt:1000:8:1:AA==:AA==',
  'scrypt:0:8:1:AA==:AA==',
  'scrypt:1024:0:1:AA==:AA==',
  'scrypt:16777216:8:1:AA==:AA==',
])('parameters that scrypt cannot or should not be run with are refused: %s', (text) => {
  expect(() => parsePasswordHash(text)).toThrow(RangeError)
})
