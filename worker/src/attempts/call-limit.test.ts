import { setTimeout as delay } from 'node:timers/promises'
import { getEventListeners, once } from 'node:events'
import { expect, test } from 'vitest'
import { limitCall } from './call-limit.ts'

test('aborts when the time has passed', async () => {
  const { signal } = limitCall(new AbortController().signal, 1)
  await once(signal, 'abort')
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
})

test('aborts with the reason that stops the process, also if that came first', () => {
  const stopping = new AbortController()
  const before = limitCall(stopping.signal, 60_000)
  stopping.abort(new Error('enough'))
  const after = limitCall(stopping.signal, 60_000)
  for (const { signal } of [before, after]) expect(signal.reason).toMatchObject({ message: 'enough' })
})

test('leaves nothing behind once released', async () => {
  const stopping = new AbortController()
  const { signal, release } = limitCall(stopping.signal, 1)
  release()
  await delay(5)
  expect([signal.aborted, getEventListeners(stopping.signal, 'abort')]).toEqual([false, []])
})
