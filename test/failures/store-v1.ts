/**
 * Wrote stored-v1.json, and is kept to show how: `REDIS_URL=redis://127.0.0.1:6379 node test/failures/store-v1.ts` stores, in
 * database 15, which it empties, one job as intake leaves it and one as it is after it has failed, and writes down every key
 * with Redis' own DUMP of it. Run it again only to make a stored-v2.json beside it when the stored format changes: the file of
 * an older version is what shows that an upgrade loses nothing.
 */
import { writeFileSync } from 'node:fs'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'

const sealingKey = Buffer.alloc(32, 'stored-v1').toString('base64')
const emrInstance = 'stored'

await using emr = await openGatedEmr()
await using fleet = await openFleet({ emrs: [{ emr }], sealingKey, emrInstance, database: 15 })
const { submit, view } = fleet.connection()
emr.refuse(400)
const failed = await submit()
const worker = await fleet.startWorker()
while ((await view(failed))?.Status !== 'Failed') await new Promise((resolve) => setTimeout(resolve, 20))
await worker.kill('SIGTERM')
const queued = await submit()

// what lives for seconds is not stored
const passing = /:(?:sweep|limiter|stalled-check|readiness)$/
const names = (await fleet.redis.keys('eg:*')).filter((name) => !passing.test(name))
const keys = await Promise.all(
  names.toSorted().map(async (name) => ({ name, dump: (await fleet.redis.dumpBuffer(name)).toString('base64') })),
)
const stored = { sealingKey, emrInstance, queued, failed, keys }
writeFileSync(new URL('stored-v1.json', import.meta.url), `${JSON.stringify(stored, undefined, 2)}\n`)
