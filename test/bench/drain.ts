import { setTimeout as delay } from 'node:timers/promises'
import type { BenchProcess } from './bench-process.ts'
import type { Emr, Stage } from './stage.ts'

const LOOK_EVERY_MS = 50
const STUCK_MS = 60_000

/** How fast encounters were created. Processor times in µs per encounter. */
export type Drained = { perSecond: number; workerCpu: number; emrCpu: number; storeCpu: number }

/**
 * Measures how fast the Sandbox EMR gets its encounters, from the moment it has the first `from` of them until it has
 * `to`: a worker that has just started is slow, and near the end it is only half busy. The workers already run.
 */
export async function watchDrain(
  stage: Stage,
  emr: Emr,
  workers: readonly BenchProcess[],
  { from, to }: { from: number; to: number },
): Promise<Drained> {
  const look = async () => ({
    at: performance.now(),
    created: await emr.created(),
    worker: workers.reduce((sum, worker) => sum + worker.cpuMs(), 0),
    emr: emr.cpuMs(),
    store: (await stage.redis?.counters())?.cpuMs ?? NaN,
  })
  const first = await lookWhen(emr, from, look)
  for (const worker of workers) void worker.beginProfile()
  const last = await lookWhen(emr, to, look)
  for (const worker of workers) await worker.endProfile(stage.profilePath(worker))
  const count = last.created - first.created
  const each = (what: 'worker' | 'emr' | 'store') => ((last[what] - first[what]) * 1000) / count
  return {
    perSecond: (count * 1000) / (last.at - first.at),
    workerCpu: each('worker'),
    emrCpu: each('emr'),
    storeCpu: each('store'),
  }
}

async function lookWhen<Look>(emr: Emr, count: number, look: () => Promise<Look>): Promise<Look> {
  const giveUpAt = Date.now() + STUCK_MS
  while ((await emr.created()) < count) {
    if (Date.now() > giveUpAt) throw new Error(`the Sandbox EMR got no ${count} encounters in a minute`)
    await delay(LOOK_EVERY_MS)
  }
  return look()
}
