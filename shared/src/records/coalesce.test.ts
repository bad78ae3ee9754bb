import { expect, test } from 'vitest'
import { coalesce } from './coalesce.ts'

const echo = () => {
  const calls: number[][] = []
  const ask = coalesce(async (questions: number[]) => {
    calls.push(questions)
    return questions.map((question) => (question < 0 ? new Error(`not ${question}`) : question * 2))
  })
  return { ask, calls }
}

test('asks once for what is asked in one turn of the event loop, and answers each', async () => {
  const { ask, calls } = echo()
  expect(await Promise.all([ask(1), Promise.resolve().then(() => ask(2)), ask(3)])).toEqual([2, 4, 6])
  expect(await ask(4)).toBe(8)
  expect(calls).toEqual([[1, 3, 2], [4]])
})

test('an answer that is an error fails its own question alone', async () => {
  const { ask } = echo()
  const [one, other] = await Promise.allSettled([ask(1), ask(-1)])
  expect(one).toEqual({ status: 'fulfilled', value: 2 })
  expect(other).toMatchObject({ status: 'rejected', reason: { message: 'not -1' } })
})

test('what cannot be asked at all fails for everyone', async () => {
  const ask = coalesce(async (_questions: number[]): Promise<number[]> => Promise.reject(new Error('away')))
  for (const said of await Promise.allSettled([ask(1), ask(2)])) expect(said).toMatchObject({ status: 'rejected' })
})

test('gives Redis no more than sixteen at a time, each as soon as they are there', async () => {
  const { ask, calls } = echo()
  await Promise.all(Array.from({ length: 40 }, (_, at) => ask(at)))
  expect(calls.map(({ length }) => length)).toEqual([16, 16, 8])
})
