import { fill } from '../load/load.ts'
import { Skipped, type Measurement } from '../measurement.ts'
import { sideOf } from '../sides/sides.ts'
import { openStage } from '../stage.ts'

const JOBS = 10_000
/** Before the count begins: what does not grow with the jobs exists by then. */
const FIRST = 1_000

/** Row 4. */
export const bytesPerJob: Measurement = {
  id: '4',
  name: 'bytes-per-job',
  title: 'Redis memory per waiting job',
  method: `The growth of \`used_memory\` per job, over ${JOBS.toLocaleString('en-US')} generated encounters that no worker takes.`,
  sides: ['ours', 'bare'],
  base: 'bare',
  maxRounds: 1,
  figures: [
    {
      key: 'bytes',
      label: 'memory per job',
      unit: 'B',
      better: 'less',
      goal: { of: 'ratio', first: 0.55, second: 0.45 },
    },
  ],
  async run(side, bench) {
    await using stage = await openStage(sideOf(side), bench)
    if (!stage.redis) throw new Skipped('it keeps its jobs elsewhere')
    const api = await stage.startApi()
    await fill(stage, [api], FIRST)
    const before = await stage.redis.counters()
    await fill(stage, [api], JOBS)
    const after = await stage.redis.counters()
    return { bytes: (after.usedMemory - before.usedMemory) / JOBS }
  },
}
