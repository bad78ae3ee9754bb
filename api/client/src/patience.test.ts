import { expect, test } from 'vitest'
import { GatewayError } from './gateway-error.ts'
import { openPatience } from './patience.ts'

const error = new GatewayError('no room', { status: 503, retryAfterMs: 0 })

/** Pauses until there is no patience left; gives the lengths of the pauses. */
async function pausesWithin(patienceMs: number): Promise<number[]> {
  const pauses: number[] = []
  let now = 0
  const patience = openPatience({
    patienceMs,
    now: () => now,
    onPause: ({ pauseMs }) => {
      pauses.push(pauseMs)
      now += pauseMs * 1000
    },
  })
  await expect(
    (async () => {
      for (;;) await patience.pause(error)
    })(),
  ).rejects.toBe(error)
  return pauses
}

test('none at all tries once', async () => {
  expect(await pausesWithin(0)).toEqual([])
})

test('each pause is longer than the one before, up to twice as long, and never the same for all', async () => {
  const [first = 0, second = 0] = await pausesWithin(300_000)
  expect(first).toBeGreaterThanOrEqual(100)
  expect(first).toBeLessThanOrEqual(200)
  expect(second).toBeGreaterThanOrEqual(200)
  expect(second).toBeLessThanOrEqual(400)
})

test('a pause is as long as the gateway asks for, and a little more', async () => {
  const asked = new GatewayError('no room', { status: 429, retryAfterMs: 20 })
  let told = 0
  const patience = openPatience({ patienceMs: 1000, onPause: ({ pauseMs }) => (told = pauseMs) })
  await patience.pause(asked)
  expect(told).toBeGreaterThan(20)
})
