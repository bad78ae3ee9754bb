import { expect, test } from 'vitest'
import { paced } from '../fixtures/pace.ts'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { play } from '../torture/webhook-isolation/play.ts'
import { describePlayed } from '../torture/webhook-isolation/report.ts'

const OUTCOMES = 300

/** The short form of `npm run webhook-isolation`. */
test(
  'a healthy consumer hears of every outcome beside one that fails and one that hangs, while workers are killed',
  async () => {
    await using redis = await startRedisServer()
    const played = await play({
      redisUrl: redis.url,
      outcomes: OUTCOMES,
      perSecond: 50,
      sick: { waiting: 2_000 },
      killEveryMs: 2_000,
      scheduleSeconds: [1],
      timeoutSeconds: 1,
      disableAfterSeconds: 4,
      patienceMs: paced(60_000),
      signal: AbortSignal.timeout(paced(150_000)),
    })
    console.log(describePlayed('short form', played))
    expect(played).toMatchObject({
      accepted: OUTCOMES,
      lost: [],
      failing: { state: 'Disabled' },
      hanging: { state: 'Disabled' },
    })
    expect(played.kills).toBeGreaterThan(0)
    // they were left alone: of 2,000 messages and more
    expect(played.failing?.posts).toBeLessThan(50)
    expect(played.hanging?.posts).toBeLessThan(100)
  },
  paced(160_000),
)
