import { writeBatch } from '../bodies.ts'
import { addInBulk, upload } from '../load/load-process.ts'
import { Skipped, type Figures, type Measurement } from '../measurement.ts'
import { sideOf } from '../sides/sides.ts'
import { openStage, type Stage } from '../stage.ts'

/** Lines per second at best, so that there are enough for the requested time. */
const PER_SECOND = 6_000
/** Sent first, so that the api is warm. */
const WARM_UP = 3_000
/** The fastest size for `addBulk` between 50 and 2,000. */
const AT_ONCE = 500

/** Row 2. */
export const batchRate: Measurement = {
  id: '2',
  name: 'batch-rate',
  title: 'Batch items per second',
  method:
    'One upload of generated encounters as NDJSON to one api process, from the first byte to its 202, every line checked, sealed ' +
    `and on disk; against \`addBulk\` in clear, ${AT_ONCE} at a time, of bodies that are parsed already, in a process without HTTP.`,
  sides: ['ours', 'bare'],
  base: 'bare',
  figures: [
    { key: 'rate', label: 'items', unit: '/s', better: 'more', goal: { of: 'ratio', first: 0.8, second: 1 } },
    { key: 'cpu', label: 'api CPU per item', unit: 'µs', better: 'less' },
    { key: 'storeCpu', label: 'Redis CPU per item', unit: 'µs', better: 'less' },
  ],
  async run(side, bench) {
    await using stage = await openStage(sideOf(side), bench)
    const file = writeBatch(bench.folder, bench.seconds * PER_SECOND)
    return side === 'ours' ? await uploadOnce(stage, file) : await addOnce(stage, file)
  },
}

async function uploadOnce(stage: Stage, file: string): Promise<Figures> {
  const api = await stage.startApi()
  const to = { url: api.url, path: `${stage.side.path}/Batch`, headers: stage.side.headers }
  const warm = await upload({ ...to, file: writeBatch(stage.bench.folder, WARM_UP) })
  if (warm.status === 404) throw new Skipped('this version has no batch route')
  const before = { api: api.cpuMs(), store: await stage.redis?.counters() }
  await api.beginProfile()
  const { status, seconds, body } = await upload({ ...to, file })
  await api.endProfile(stage.profilePath(api))
  const after = { api: api.cpuMs(), store: await stage.redis?.counters() }
  const { Accepted = 0 } = status === 202 ? (JSON.parse(body) as { Accepted?: number }) : {}
  if (Accepted === 0) throw new Error(`the upload was answered ${status}: ${body.slice(0, 200)}`)
  const storeMs = (after.store?.cpuMs ?? NaN) - (before.store?.cpuMs ?? NaN)
  return {
    rate: Accepted / seconds,
    cpu: ((after.api - before.api) * 1000) / Accepted,
    storeCpu: (storeMs * 1000) / Accepted,
  }
}

async function addOnce(stage: Stage, file: string): Promise<Figures> {
  const { redis } = stage
  if (!redis) throw new Skipped('it is not on Redis')
  const before = await redis.counters()
  const { items, seconds } = await addInBulk({ file, atOnce: AT_ONCE }, redis.url)
  const after = await redis.counters()
  return { rate: items / seconds, storeCpu: ((after.cpuMs - before.cpuMs) * 1000) / (items / 0.9) }
}
