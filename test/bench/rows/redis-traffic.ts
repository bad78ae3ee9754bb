import { setTimeout as delay } from 'node:timers/promises'
import type { BenchRedis } from '../bench-redis.ts'
import { fill } from '../load/load.ts'
import { Skipped, type Figures, type Measurement } from '../measurement.ts'
import { sideOf } from '../sides/sides.ts'
import { openStage, type Api, type Emr, type Stage } from '../stage.ts'

const JOBS = 500
/** For a worker's work on a job after the EMR has its encounter. */
const AFTERMATH_MS = 500

/** Beside the table: the cost to Redis of each accepted request and each finished job. */
export const redisTraffic: Measurement = {
  id: '11',
  name: 'redis-traffic',
  title: 'What goes to Redis',
  method:
    `Counted over ${JOBS} requests sent one at a time, so that a read of Redis is a round trip, then over ${JOBS} more with a worker ` +
    'at work, less what accepting them takes. Scripted: commands that scripts call.',
  sides: ['ours', 'bare'],
  base: 'bare',
  maxRounds: 1,
  figures: [
    { key: 'sent', label: 'commands sent per accept', unit: '', better: 'less' },
    { key: 'scripted', label: 'commands scripted per accept', unit: '', better: 'less' },
    { key: 'trips', label: 'round trips per accept', unit: '', better: 'less' },
    { key: 'in', label: 'bytes to Redis per accept', unit: 'B', better: 'less' },
    { key: 'out', label: 'bytes from Redis per accept', unit: 'B', better: 'less' },
    { key: 'appended', label: 'append-only file per accept', unit: 'B', better: 'less' },
    { key: 'jobSent', label: 'commands sent per finished job', unit: '', better: 'less' },
    { key: 'jobScripted', label: 'commands scripted per finished job', unit: '', better: 'less' },
    { key: 'jobIn', label: 'bytes to Redis per finished job', unit: 'B', better: 'less' },
    { key: 'jobOut', label: 'bytes from Redis per finished job', unit: 'B', better: 'less' },
  ],
  async run(side, bench) {
    await using stage = await openStage(sideOf(side), bench)
    const { redis } = stage
    if (!redis) throw new Skipped('it is not on Redis')
    const api = await stage.startApi()
    const acceptEach = () => fill(stage, [api], JOBS, { connections: 1 })
    await acceptEach()
    const bytes = await trafficDuring(redis, acceptEach)
    const commands = await redis.commandsDuring(acceptEach)
    const accept = { ...bytes, sent: commands.sent / JOBS, scripted: commands.scripted / JOBS }

    const emr = await stage.startEmr()
    await stage.startWorker()
    const finishEach = () => finishAll(stage, api, emr)
    await finishEach()
    const finishedBytes = await trafficDuring(redis, finishEach)
    const finishedCommands = await redis.commandsDuring(finishEach)
    return {
      ...accept,
      jobSent: finishedCommands.sent / JOBS - accept.sent,
      jobScripted: finishedCommands.scripted / JOBS - accept.scripted,
      jobIn: finishedBytes.in - accept.in,
      jobOut: finishedBytes.out - accept.out,
    }
  },
}

/** Per job. */
async function trafficDuring(redis: BenchRedis, during: () => Promise<void>) {
  const before = await redis.counters()
  await during()
  const after = await redis.counters()
  return {
    trips: (after.reads - before.reads) / JOBS,
    in: (after.bytesIn - before.bytesIn) / JOBS,
    out: (after.bytesOut - before.bytesOut) / JOBS,
    appended: (after.appended - before.appended) / JOBS,
  } satisfies Figures
}

/** Accepts JOBS more and waits until nothing is left to do, for these and for those that already waited. */
async function finishAll(stage: Stage, api: Api, emr: Emr): Promise<void> {
  await fill(stage, [api], JOBS, { connections: 1 })
  for (let before = -1, now = await emr.created(); now !== before;) {
    await delay(AFTERMATH_MS)
    before = now
    now = await emr.created()
  }
}
