import { watchDrain } from '../drain.ts'
import { fill } from '../load/load.ts'
import type { Measurement } from '../measurement.ts'
import { sideOf } from '../sides/sides.ts'
import { openStage } from '../stage.ts'

/** About what a worker does per second at best, so that there is enough work for the requested time. */
const PER_SECOND = 3_500
/** Encounters until the compilers of V8 are done, which takes seconds, on ours longer than on less code. */
const WARM_UP = 8_000
/** A run of less than two seconds is a test of the bench, whose figures nobody reads. */
const warmUpOf = (seconds: number) => Math.min(WARM_UP, 4_000 * seconds)

/** Row 3. */
export const drainRate: Measurement = {
  id: '3',
  name: 'drain-rate',
  title: 'Encounters per second to the Sandbox EMR',
  method:
    'The queue is filled through the api, which is then stopped; one worker process with a concurrency of 100 drains it to a ' +
    'Sandbox EMR without latency. Counted at the EMR after the first 8,000. Each attempt is logged on both sides.',
  sides: ['ours', 'bare', 'pg-boss', 'graphile-worker'],
  base: 'bare',
  figures: [
    { key: 'rate', label: 'encounters', unit: '/s', better: 'more', goal: { of: 'ratio', first: 0.8, second: 0.95 } },
    { key: 'cpu', label: 'worker CPU per encounter', unit: 'µs', better: 'less' },
    { key: 'storeCpu', label: 'Redis CPU per encounter', unit: 'µs', better: 'less' },
    { key: 'emrCpu', label: 'Sandbox EMR CPU per encounter', unit: 'µs', better: 'less' },
  ],
  async run(side, bench) {
    await using stage = await openStage(sideOf(side), bench)
    const warmUp = warmUpOf(bench.seconds)
    const jobs = warmUp + bench.seconds * PER_SECOND
    const api = await stage.startApi()
    await fill(stage, [api], jobs)
    await api[Symbol.asyncDispose]()
    const emr = await stage.startEmr()
    const worker = await stage.startWorker()
    const { perSecond, workerCpu, storeCpu, emrCpu } = await watchDrain(stage, emr, [worker], {
      from: warmUp,
      to: jobs * 0.98,
    })
    return { rate: perSecond, cpu: workerCpu, storeCpu, emrCpu }
  },
}
