import type { Bench } from '../bench-options.ts'
import { watchDrain } from '../drain.ts'
import { fill, loadFully } from '../load/load.ts'
import type { Measurement } from '../measurement.ts'
import { sideOf } from '../sides/sides.ts'
import { openStage } from '../stage.ts'

const DRAIN_PER_SECOND = 4_000

/** Row 9. */
export const scaling: Measurement = {
  id: '9',
  name: 'scaling',
  title: 'A second process',
  method:
    'Rows 1 and 3 with one process and with two. Everything shares the cores of this machine: if api, Redis and load (or worker, ' +
    'Redis and Sandbox EMR) fill them with one process already, a second one has no core left; the processor shares show it.',
  sides: ['ours', 'bare'],
  base: 'bare',
  maxRoundsInShort: 1,
  figures: [
    { key: 'api1', label: 'accepts with 1 api', unit: '/s', better: 'more' },
    { key: 'api2', label: 'accepts with 2 apis', unit: '/s', better: 'more' },
    { key: 'apis', label: 'second api brings', unit: 'x', better: 'more', goal: { of: 'ratio', first: 1 } },
    { key: 'busy1', label: 'cores in use with 1 api', unit: '' },
    { key: 'busy2', label: 'cores in use with 2 apis', unit: '' },
    { key: 'worker1', label: 'encounters with 1 worker', unit: '/s', better: 'more' },
    { key: 'worker2', label: 'encounters with 2 workers', unit: '/s', better: 'more' },
    { key: 'workers', label: 'second worker brings', unit: 'x', better: 'more', goal: { of: 'ratio', first: 1 } },
    { key: 'drainBusy1', label: 'cores in use with 1 worker', unit: '' },
    { key: 'drainBusy2', label: 'cores in use with 2 workers', unit: '' },
  ],
  async run(side, bench) {
    const [api1, api2] = [await accepts(side, bench, 1), await accepts(side, bench, 2)]
    const [worker1, worker2] = [await drains(side, bench, 1), await drains(side, bench, 2)]
    return {
      api1: api1.rate,
      api2: api2.rate,
      apis: api2.rate / api1.rate,
      busy1: api1.busy,
      busy2: api2.busy,
      worker1: worker1.rate,
      worker2: worker2.rate,
      workers: worker2.rate / worker1.rate,
      drainBusy1: worker1.busy,
      drainBusy2: worker2.busy,
    }
  },
}

/** `busy`: processors in use, of api, Redis and load together. */
async function accepts(side: string, bench: Bench, apiCount: number) {
  await using stage = await openStage(sideOf(side), bench)
  const apis = await Promise.all(Array.from({ length: apiCount }, () => stage.startApi()))
  const { perSecond, apiCpu, storeCpu, loadCpu } = await loadFully(stage, apis)
  return { rate: perSecond, busy: (perSecond * (apiCpu + storeCpu + loadCpu)) / 1e6 }
}

/** `busy`: processors in use, of workers, Redis and Sandbox EMR together. */
async function drains(side: string, bench: Bench, workerCount: number) {
  await using stage = await openStage(sideOf(side), bench)
  const jobs = bench.seconds * DRAIN_PER_SECOND
  const api = await stage.startApi()
  await fill(stage, [api], jobs)
  await api[Symbol.asyncDispose]()
  const emr = await stage.startEmr()
  const workers = await Promise.all(Array.from({ length: workerCount }, () => stage.startWorker()))
  const { perSecond, workerCpu, emrCpu, storeCpu } = await watchDrain(stage, emr, workers, {
    from: jobs * 0.25,
    to: jobs * 0.95,
  })
  return { rate: perSecond, busy: (perSecond * (workerCpu + emrCpu + storeCpu)) / 1e6 }
}
