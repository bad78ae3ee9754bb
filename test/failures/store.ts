/**
 * Writes one of the stored-*.json, which upgrade.test.ts reads: `REDIS_URL=redis://127.0.0.1:6379 node test/failures/store.ts stored-v3`
 * stores, in database 15, which it empties, one job as intake leaves it and one as it is after it has failed, and writes down every
 * key with Redis' own DUMP of it. Run it only when the stored format changes, under a new name: the file of an older version is what
 * shows that an upgrade loses nothing. stored-v1 is of sealed format 1, stored-v2 of sealed format 3.
 */
import { writeFileSync } from 'node:fs'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'

const [name] = process.argv.slice(2)
if (!name) throw new RangeError('the name of the file to write is missing')
const sealingKey = Buffer.alloc(32, name).toString('base64')
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
const found = (await fleet.redis.keys('eg:*')).filter((key) => !passing.test(key))
const keys = await Promise.all(
  found.toSorted().map(async (key) => ({ name: key, dump: (await fleet.redis.dumpBuffer(key)).toString('base64') })),
)
const stored = { sealingKey, emrInstance, queued, failed, keys }
writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(stored, undefined, 2)}\n`)
