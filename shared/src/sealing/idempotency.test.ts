import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { batchKeyName, idempotencyCandidates, isSameContent } from './idempotency.ts'
import { sealingKey, type SealingKeys } from './seal.ts'

const oldKey = sealingKey('old', randomBytes(32))
const newKey = sealingKey('new', randomBytes(32))
const scope = { application: 'demo', connection: { emrSystem: 'Sandbox', emrInstance: 'default' }, key: 'order 7' }
const request = { UserId: 'u', PatientId: 'p', Encounter: { ReasonForVisit: 'cough', FinancialNumber: '7' } }

const candidates = (keys: SealingKeys, more: object = {}, where: Partial<typeof scope> = {}) =>
  idempotencyCandidates(keys, { ...scope, ...where }, { ...request, ...more })

const keptFor = (keys: SealingKeys) => candidates(keys)[0].fingerprint

test.each<[string, object]>([
  ['credentials and header parameters', { LoginId: 'someone', Password: 'else', EmrInstance: 'x', EMRSystem: 5 }],
  ['nulls', { PatientIdType: null, Encounter: { ...request.Encounter, GuarantorId: null } }],
  ['the order of properties', { Encounter: { FinancialNumber: '7', ReasonForVisit: 'cough' } }],
])('%s make no other content', (_what, more) => {
  expect(isSameContent(candidates([newKey], more), keptFor([newKey]))).toBe(true)
})

test('a changed value deep inside is another content, under the same record', () => {
  const changed = candidates([newKey], { Encounter: { ...request.Encounter, ReasonForVisit: 'cold' } })
  expect(isSameContent(changed, keptFor([newKey]))).toBe(false)
  expect(changed[0].name).toBe(candidates([newKey])[0].name)
})

test('a key used before the rotation still names its record and content', () => {
  const [before] = candidates([oldKey])
  const after = candidates([newKey, oldKey])
  expect(after.map(({ name }) => name)).toContain(before.name)
  expect(isSameContent(after, before.fingerprint)).toBe(true)
})

test.each<[string, Partial<typeof scope>]>([
  ['application', { application: 'other' }],
  ['connection', { connection: { emrSystem: 'Sandbox', emrInstance: 'second' } }],
  ['key', { key: 'order 8' }],
])('another %s has another record, for single requests and for batches', (_what, where) => {
  expect(candidates([newKey], {}, where)[0].name).not.toBe(candidates([newKey])[0].name)
  expect(batchKeyName(newKey, { ...scope, ...where })).not.toBe(batchKeyName(newKey, scope))
})
