import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { open, seal, SealError, sealingKey, type SealBinding } from './seal.ts'

const first = sealingKey('k1', randomBytes(32))
const second = sealingKey('k2', randomBytes(32))
const binding: SealBinding = { kind: 'payload', application: 'demo', jobId: 'a0000000000000000000' }
const plain = Buffer.from('{"PatientId":"MRN-12345678","ReasonForVisit":"chest pain"}')

test('what was sealed opens under the same binding and shows nothing of its content', () => {
  const sealed = seal([first], plain, binding)
  expect(open([first], sealed, binding)).toEqual(plain)
  expect(sealed.includes('MRN-12345678')).toBe(false)
  expect(sealed.includes('chest')).toBe(false)
})

test('the same content never looks the same twice', () => {
  expect(seal([first], plain, binding)).not.toEqual(seal([first], plain, binding))
})

test('the key id stands in front, so that older keys still open after a rotation', () => {
  const sealed = seal([first], plain, binding)
  expect(sealed.subarray(2, 4).toString()).toBe('k1')
  expect(open([second, first], sealed, binding)).toEqual(plain)
  expect(seal([second, first], plain, binding).subarray(2, 4).toString()).toBe('k2')
})

test('a value sealed under a key that is gone names that key', () => {
  expect(() => open([second], seal([first], plain, binding), binding)).toThrow(
    "sealing key 'k1' is no longer configured",
  )
})

test.for([
  ['another job', { jobId: 'b0000000000000000000' }],
  ['another application', { application: 'other' }],
  ['another kind of record', { kind: 'result' as const }],
])('a value moved to %s does not open', ([, moved]) => {
  expect(() => open([first], seal([first], plain, binding), { ...binding, ...(moved as object) })).toThrow(SealError)
})

test('a changed bit anywhere is noticed', () => {
  const sealed = seal([first], plain, binding)
  for (const at of sealed.keys()) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    expect(() => open([first], changed, binding)).toThrow(SealError)
  }
})

test('a value cut short is refused', () => {
  const sealed = seal([first], plain, binding)
  const [HEAD, IV, TAG] = [4, 12, 16]
  for (const length of [0, 1, 2, 10, HEAD + IV + TAG - 1]) {
    expect(() => open([first], sealed.subarray(0, length), binding)).toThrow('a format that this version does not know')
  }
  for (const length of [HEAD + IV + TAG, sealed.length - 1]) {
    expect(() => open([first], sealed.subarray(0, length), binding)).toThrow('was changed')
  }
})

test.for([0, 2, 4])('a value of version %i, which is no format of ours, is refused as such', (version) => {
  const sealed = seal([first], plain, binding)
  sealed.writeUInt8(version, 0)
  expect(() => open([first], sealed, binding)).toThrow('a format that this version does not know')
})

test('ids and fingerprints are derived from a secret of their own, the same after every start', () => {
  const key = sealingKey('fixture', Buffer.alloc(32, 7))
  const secret = createHash('sha256').update(key.derivationSecret.export()).digest('base64url')
  expect(secret).toBe('cwaqy_UEg5r2tby5vGZ8L-J_z0PG8V3bLLrU4_m3W8U')
  expect(key.derivationSecret.equals(key.key)).toBe(false)
})

test.for([
  [
    1,
    'AQdmaXh0dXJli7pOfK3noL/QwOtzis5q/E1sOqeFbBXAV9keR1wOzTHx8r+ovtto0jnxGX8csJFu1l1fJziQ2PAVjI2ZbPKMqbwUlMCo+n8spA==',
  ],
  [3, 'AwdmaXh0dXJl3sDkOoNauwUMEkFWKCVT8kc+uHAfyDiE/Y3II3Oq9DEsbh2ZYFx/Zfu/X/vM1irNokusW7cOhLsr85JP5pS5B6dUl0H+'],
] as const)('a value sealed in version %i of the format opens', ([version, kept]) => {
  const opened = open([sealingKey('fixture', Buffer.alloc(32, 7))], Buffer.from(kept, 'base64'), binding)
  expect(opened.toString()).toBe(`{"UserId":"u","PatientId":"kept since version ${version}"}`)
})
