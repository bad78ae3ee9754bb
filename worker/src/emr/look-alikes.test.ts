import { expect, test } from 'vitest'
import { EmrError } from './emr-error.ts'
import { LookAlikes } from './look-alikes.ts'

const never = new AbortController().signal

test('an encounter belongs to the order it was assigned to', () => {
  const known = new LookAlikes()
  expect(known.isAnothers('e1', 'k1')).toBe(false)
  known.give('e1', 'k1')
  expect(known.isAnothers('e1', 'k1')).toBe(false)
  expect(known.isAnothers('e1', 'k2')).toBe(true)
})

test('remembers the newest ten thousand', () => {
  const known = new LookAlikes()
  for (let n = 0; n < 10_001; n++) known.give(`e${n}`, 'k1')
  expect(known.isAnothers('e0', 'k2')).toBe(false)
  expect(known.isAnothers('e1', 'k2')).toBe(true)
})

test('runs the orders of one patient one after the other, and those of other patients meanwhile', async () => {
  const known = new LookAlikes()
  const told: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = known.inTurn('p1', never, async () => {
    await gate.promise
    told.push('first')
  })
  const second = known.inTurn('p1', never, async () => told.push('second'))
  await known.inTurn('p2', never, async () => told.push('other patient'))
  gate.resolve()
  await Promise.all([first, second])
  expect(told).toEqual(['other patient', 'first', 'second'])
})

test('continues after an order that failed', async () => {
  const known = new LookAlikes()
  const failing = known.inTurn('p1', never, () => Promise.reject(new Error('no')))
  const next = known.inTurn('p1', never, async () => 'done')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('done')
})

test('stops waiting when the call is over, and keeps the others in order', async () => {
  const known = new LookAlikes()
  const gate = Promise.withResolvers<void>()
  const over = new AbortController()
  const told: string[] = []
  const first = known.inTurn('p1', never, () => gate.promise)
  const second = known.inTurn('p1', over.signal, async () => told.push('second'))
  const third = known.inTurn('p1', never, async () => told.push('third'))
  over.abort()
  await expect(second).rejects.toMatchObject({ code: 502, outcomeUnknown: false })
  await expect(second).rejects.toBeInstanceOf(EmrError)
  expect(told).toEqual([])
  gate.resolve()
  await Promise.all([first, third])
  expect(told).toEqual(['third'])
})
