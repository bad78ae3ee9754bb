import { setTimeout as delay } from 'node:timers/promises'
import { watchDrain } from '../drain.ts'
import { loadFully } from '../load/load.ts'
import { Skipped, type Figures, type Measurement } from '../measurement.ts'
import { emrInstanceOf, ours } from '../sides/ours.ts'
import { openStage } from '../stage.ts'

const MB = 1024 * 1024
const COUNTS = [1, 10, 50, 200]
/** Without `--full`. */
const FEW = new Set([1, 200])
const IDLE_MS = 3_000

/** The other half of growth: each additional EMR is an additional queue. */
export const emrConnections: Measurement = {
  id: '5b',
  name: 'emr-connections',
  title: 'Many EMRs configured',
  method:
    'Rows 1 and 3 with this many connections to Sandbox EMRs configured and in use, in one api and one worker process; and the ' +
    'processor share of an idle worker. A concurrency of 100 over all connections.',
  sides: COUNTS.map((count) => `${count} connections`),
  base: '1 connections',
  maxRounds: 1,
  figures: [
    { key: 'rate', label: 'accepts', unit: '/s', better: 'more' },
    { key: 'drain', label: 'encounters', unit: '/s', better: 'more' },
    { key: 'p99', label: 'p99 meanwhile', unit: 'ms', better: 'less' },
    { key: 'memory', label: 'Redis memory, nothing waiting', unit: 'MB', better: 'less' },
    { key: 'worker', label: 'worker memory', unit: 'MB', better: 'less' },
    { key: 'idle', label: 'worker CPU at idle', unit: '%', better: 'less' },
    { key: 'start', label: 'worker starts in', unit: 's', better: 'less' },
  ],
  async run(side, bench): Promise<Figures> {
    const count = Number.parseInt(side)
    if (!bench.full && !FEW.has(count)) throw new Skipped('only with --full')
    await using stage = await openStage(ours, bench, { emrConnections: count })
    const rotate = { header: 'emrinstance', values: Array.from({ length: count }, (_, index) => emrInstanceOf(index)) }
    const emr = await stage.startEmr()
    const startedAt = performance.now()
    const idler = await stage.startWorker()
    const start = (performance.now() - startedAt) / 1000
    await delay(1_000)
    const cpuBefore = idler.cpuMs()
    await delay(IDLE_MS)
    const idle = ((idler.cpuMs() - cpuBefore) / IDLE_MS) * 100
    const memory = ((await stage.redis?.counters())?.usedMemory ?? NaN) / MB
    await idler[Symbol.asyncDispose]()

    const api = await stage.startApi()
    const { perSecond, p99, ok } = await loadFully(stage, [api], { rotate })
    await api[Symbol.asyncDispose]()
    // it begins with the first connection before it has started the last
    const [drained, worker] = await Promise.all([
      watchDrain(stage, emr, [], { from: ok * 0.25, to: ok * 0.95 }),
      stage.startWorker(),
    ])
    const [rate, drain] = [perSecond, drained.perSecond]
    return { rate, drain, p99, memory, worker: worker.residentBytes() / MB, idle, start }
  },
}
