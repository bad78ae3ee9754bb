import { writeFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { openFleet } from '../failures/fleet.ts'
import { openGatedEmr } from '../failures/gated-emr.ts'
import { paced } from '../fixtures/pace.ts'
import { startRedisServer } from '../fixtures/redis-server.ts'

/** Not a test of ours: left-behind.test.ts runs it and ends it. */
const { HANGING_FILE = '', HANGING_TIMEOUT_MS } = process.env

beforeAll(async () => {
  const redis = await startRedisServer()
  const fleet = await openFleet({ emrs: [{ emr: await openGatedEmr() }], redisUrl: redis.url })
  const worker = await fleet.startWorker()
  // which ignores everything it is sent
  worker.child.kill('SIGSTOP')
  writeFileSync(HANGING_FILE, String(process.pid))
}, paced(60_000))

test(
  'a test that closes nothing and never ends',
  async () => {
    expect(await new Promise(() => undefined)).toBe('never')
  },
  Number(HANGING_TIMEOUT_MS),
)
