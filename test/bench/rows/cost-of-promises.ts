import { watchDrain } from '../drain.ts'
import { fill, loadFully } from '../load/load.ts'
import type { Bench } from '../bench-options.ts'
import type { Figures, Measurement } from '../measurement.ts'
import { ours } from '../sides/ours.ts'
import { openStage, type StageOptions } from '../stage.ts'
import type { Part } from '../without/parts.ts'

const preload = [new URL('../without/preload.ts', import.meta.url).href]
const DRAIN_PER_SECOND = 3_000
const ALL = 'all promises'
const WITH_KEYS = 'and an Idempotency-Key each'

const without = (...names: Part[]): StageOptions => ({ preload, environment: { BENCH_WITHOUT: names.join(',') } })

const ofIntake: Record<string, StageOptions> = {
  [ALL]: {},
  [WITH_KEYS]: {},
  'fsync once a second': { redisSettings: { appendfsync: 'everysec' } },
  'no append-only file': { redisSettings: { appendonly: 'no' } },
  'no sealing': without('sealing'),
  'no records of ours': without('records'),
  'no validation': without('validation'),
  'no application keys': without('application keys'),
  'no rate limit': without('rate limit'),
  'no request ids and log': without('request ids and log'),
  'no metrics': without('metrics'),
  'none of these': {
    ...without(
      ...(['sealing', 'records', 'validation', 'application keys'] as const),
      ...(['rate limit', 'request ids and log', 'metrics'] as const),
    ),
    redisSettings: { appendonly: 'no' },
  },
}

const ofDispatch: Record<string, StageOptions> = {
  [ALL]: {},
  'fsync once a second': { redisSettings: { appendfsync: 'everysec' } },
  'no sealing': without('sealing'),
  'no mark and outcome': without('mark and outcome'),
  'no breaker': without('breaker'),
  'no log line per attempt': without('line per attempt'),
  'no metrics': without('worker metrics'),
}

/** Row 10, of the api. */
export const costOfIntakePromises: Measurement = {
  id: '10a',
  name: 'cost-of-intake-promises',
  title: 'What each promise of the api costs',
  method:
    'Row 1 with generated encounters, one part of the gateway replaced by nothing through a module hook (test/bench/without/).',
  sides: Object.keys(ofIntake),
  base: ALL,
  maxRoundsInShort: 1,
  figures: [
    { key: 'rate', label: 'accepts', unit: '/s', better: 'more' },
    { key: 'cpu', label: 'api CPU per accept', unit: 'µs', better: 'less' },
    { key: 'storeCpu', label: 'Redis CPU per accept', unit: 'µs', better: 'less' },
  ],
  async run(side, bench) {
    await using stage = await openStage(ours, bench, ofIntake[side])
    const { perSecond, apiCpu, storeCpu } = await loadFully(
      stage,
      [await stage.startApi()],
      side === WITH_KEYS ? { unique: 'idempotency-key' } : {},
    )
    return { rate: perSecond, cpu: apiCpu, storeCpu }
  },
}

/** Row 10, of the worker. */
export const costOfDispatchPromises: Measurement = {
  id: '10b',
  name: 'cost-of-dispatch-promises',
  title: 'What each promise of the worker costs',
  method: 'Row 3, one part replaced by nothing in the same way.',
  sides: Object.keys(ofDispatch),
  base: ALL,
  maxRoundsInShort: 1,
  figures: [
    { key: 'rate', label: 'encounters', unit: '/s', better: 'more' },
    { key: 'cpu', label: 'worker CPU per encounter', unit: 'µs', better: 'less' },
    { key: 'storeCpu', label: 'Redis CPU per encounter', unit: 'µs', better: 'less' },
  ],
  run: (side, bench) => drain(bench, ofDispatch[side]),
}

async function drain(bench: Bench, options: StageOptions = {}): Promise<Figures> {
  await using stage = await openStage(ours, bench, options)
  const jobs = bench.seconds * DRAIN_PER_SECOND
  const api = await stage.startApi()
  await fill(stage, [api], jobs)
  await api[Symbol.asyncDispose]()
  const emr = await stage.startEmr()
  const worker = await stage.startWorker()
  const range = { from: jobs * 0.25, to: jobs * 0.95 }
  const { perSecond, workerCpu, storeCpu } = await watchDrain(stage, emr, [worker], range)
  return { rate: perSecond, cpu: workerCpu, storeCpu }
}
