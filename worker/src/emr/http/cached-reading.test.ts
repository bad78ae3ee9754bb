import { expect, test } from 'vitest'
import { EmrError } from '../emr-error.ts'
import { cacheReading } from './cached-reading.ts'

const call = (signal: AbortSignal = new AbortController().signal) => ({ signal })
const counting = (forMs: number) => {
  let count = 0
  return async () => ({ value: ++count, forMs })
}

test('reads once for all concurrent callers, and keeps the value', async () => {
  const kept = cacheReading<number>()
  const read = counting(60_000)
  expect(await Promise.all([kept.get(call(), read), kept.get(call(), read)])).toEqual([1, 1])
  expect(await kept.get(call(), read)).toBe(1)
})

test('reads again when the value has expired, when a fresh one is requested, and once it is forgotten', async () => {
  const short = cacheReading<number>()
  const readShort = counting(0)
  expect(await short.get(call(), readShort)).toBe(1)
  expect(await short.get(call(), readShort)).toBe(2)
  const kept = cacheReading<number>()
  const read = counting(60_000)
  await kept.get(call(), read)
  expect(await kept.get(call(), read, { fresh: true })).toBe(2)
  kept.forget()
  expect(await kept.get(call(), read)).toBe(3)
})

test('does not keep a failure', async () => {
  const kept = cacheReading<number>()
  await expect(kept.get(call(), () => Promise.reject(new EmrError(502, 'away')))).rejects.toThrow('away')
  expect(await kept.get(call(), counting(60_000))).toBe(1)
})

test('releases a caller that gives up, and reads on for the others', async () => {
  const kept = cacheReading<number>()
  const { promise, resolve } = Promise.withResolvers<{ value: number; forMs: number }>()
  const over = new AbortController()
  const impatient = kept.get(call(over.signal), () => promise)
  const patient = kept.get(call(), () => promise)
  over.abort()
  await expect(impatient).rejects.toMatchObject({ code: 502, outcomeUnknown: false })
  resolve({ value: 7, forMs: 0 })
  expect(await patient).toBe(7)
})
