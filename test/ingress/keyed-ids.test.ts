import { itemJobId } from '@encounter-gateway/shared/records/item-records.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { keyedBatchId, keyedJobId, periodsAt } from '@encounter-gateway/shared/sealing/idempotency.ts'
import { sealingKey } from '@encounter-gateway/shared/sealing/seal.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const connection = { emrSystem: 'Sandbox', emrInstance: 'default' }
const key = sealingKey('k1', Buffer.alloc(32, 7))
const HOUR_MS = 3_600_000

/** The parts that the id of a keyed request is made from. */
const use = fc.record({
  application: fc.string({ maxLength: 3 }),
  key: fc.string({ minLength: 1, maxLength: 3 }),
  content: fc.stringMatching(/^[0-9a-f]{0,3}$/),
  number: fc.nat(5),
  lengthMs: fc.integer({ min: 1, max: 5 }),
})
type Use = typeof use extends fc.Arbitrary<infer Value> ? Value : never

const jobIdOf = ({ content, number, lengthMs, ...names }: Use) =>
  keyedJobId(key, { ...names, connection }, content, { number, lengthMs })
const batchIdOf = ({ number, lengthMs, ...names }: Use) =>
  keyedBatchId(key, { ...names, connection }, { number, lengthMs })
const itemOf = (byPrint: Use, index: number) =>
  itemJobId(
    { connection, sealingKeys: [key] },
    { batchId: batchIdOf(byPrint), application: byPrint.application, keyId: 'k1+print' },
    index,
    byPrint.content,
  )

test('the same application, key, content and period give the same ids; a change of any of them gives others', () => {
  fc.assert(
    fc.property(use, use, fc.nat(3), fc.nat(3), (one, two, place, other) => {
      const same = JSON.stringify(one) === JSON.stringify(two)
      expect(jobIdOf(one) === jobIdOf(two)).toBe(same)
      expect(itemOf(one, place) === itemOf(two, other)).toBe(same && place === other)
      expect(batchIdOf(one) === batchIdOf(two)).toBe(
        JSON.stringify({ ...one, content: '' }) === JSON.stringify({ ...two, content: '' }),
      )
      expect([jobIdOf(one), batchIdOf(one), itemOf(one, place)].every(isJobId)).toBe(true)
      expect(new Set([jobIdOf(one), batchIdOf(one), itemOf(one, place)]).size).toBe(3)
    }),
    { numRuns: 500 },
  )
})

test('one part changed is enough', () => {
  const changes = fc.constantFrom<(used: Use) => Use>(
    (used) => ({ ...used, application: `${used.application}x` }),
    (used) => ({ ...used, key: `${used.key}x` }),
    (used) => ({ ...used, content: `${used.content}0` }),
    (used) => ({ ...used, number: used.number + 1 }),
    (used) => ({ ...used, lengthMs: used.lengthMs + 1 }),
    // moves a character from one part to the next
    (used) => ({ ...used, application: used.application + used.key, key: used.content || 'x', content: '' }),
  )
  fc.assert(
    fc.property(use, changes, (used, change) => {
      expect(jobIdOf(change(used))).not.toBe(jobIdOf(used))
      expect(itemOf(change(used), 0)).not.toBe(itemOf(used, 0))
    }),
  )
})

test('a time lies in one period, the one before ends where it begins, and results kept that long are of an earlier period', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 41), fc.integer({ min: 1, max: 200 * HOUR_MS }), (atMs, lengthMs) => {
      const [own, before] = periodsAt(atMs, lengthMs)
      expect(own.number * lengthMs <= atMs && atMs < (own.number + 1) * lengthMs).toBe(true)
      expect(periodsAt(own.number * lengthMs - 1, lengthMs)[0]).toEqual(before)
      expect(periodsAt(atMs + lengthMs, lengthMs)[1]).toEqual(own)
      expect(periodsAt(atMs + lengthMs, lengthMs)[0]).not.toEqual(own)
    }),
  )
})
