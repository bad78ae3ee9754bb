import { expect, test } from 'vitest'
import { cachedFor } from './cached-for.ts'

function counted(fail: () => boolean = () => false) {
  let reads = 0
  let time = 0
  const get = cachedFor(
    100,
    async () => {
      reads += 1
      if (fail()) throw new Error('no answer')
      return reads
    },
    () => time,
  )
  return { get, at: (ms: number) => (time = ms) }
}

test('a value is read anew only when its time is up', async () => {
  const { get, at } = counted()
  expect(await get()).toBe(1)
  at(99)
  expect(await get()).toBe(1)
  at(100)
  expect(await get()).toBe(2)
})

test('those who ask while it is being read share one reading', async () => {
  const { get } = counted()
  expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1])
})

test('a failure is not kept', async () => {
  let failing = true
  const { get } = counted(() => failing)
  await expect(get()).rejects.toThrow('no answer')
  failing = false
  expect(await get()).toBe(2)
})
