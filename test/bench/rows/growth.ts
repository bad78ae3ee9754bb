import { setTimeout as delay } from 'node:timers/promises'
import { fill, loadAtPace, loadFully } from '../load/load.ts'
import { Skipped, type Figure, type Figures, type Measurement } from '../measurement.ts'
import { sideOf } from '../sides/sides.ts'
import { openStage, type Api, type Emr, type Stage } from '../stage.ts'

const MB = 1024 * 1024
/** Encounters that a worker creates to warm up before the drain is timed. */
const DRAIN_WARM_UP = 1_500
const LEVELS = [0, 10_000, 100_000, 1_000_000]
/** The others only with `--full`. */
const FEW_LEVELS = [0, 10_000, 100_000]
/** A 99th percentile needs more requests than a rate. */
const LATENCY_WINDOWS = 3
/** The pace for the latencies, as a share of the rate with an empty queue. */
const HALF = 0.5

/** Row 5, and what the growth chart shows. */
export const growth: Measurement = {
  id: '5',
  name: 'growth',
  title: 'Many jobs waiting',
  method:
    'Jobs are added to one store through the api until this many wait; then rows 1 and 3 are measured for a few seconds each, ' +
    'and the time to accept at half the rate of the empty queue. 1,000,000 jobs only with `--full`. ' +
    'Redis does not rewrite its file meanwhile, since a rewrite would affect one level and not another.',
  sides: ['ours', 'bare'],
  base: 'bare',
  maxRounds: 1,
  figures: [
    slowdown('rateSlower', 'accepts, empty : most waiting'),
    slowdown('drainSlower', 'encounters, empty : most waiting'),
    slowdown('p99Longer', 'p99, most waiting : empty'),
    ...LEVELS.flatMap((level): Figure[] => [
      { key: `rate@${level}`, label: `accepts, ${level.toLocaleString('en-US')} waiting`, unit: '/s', better: 'more' },
      { key: `drain@${level}`, label: 'encounters', unit: '/s', better: 'more' },
      { key: `p99@${level}`, label: 'p99 to accept', unit: 'ms', better: 'less' },
      { key: `memory@${level}`, label: 'Redis memory', unit: 'MB', better: 'less' },
    ]),
  ],
  async run(side, bench) {
    await using stage = await openStage(sideOf(side), bench, { redisSettings: { 'auto-aof-rewrite-percentage': '0' } })
    const emr = await stage.startEmr()
    const levels = bench.full ? LEVELS : FEW_LEVELS
    const figures: Figures = {}
    let waiting = 0
    let pace = 0
    for (const level of levels) {
      if (level > waiting) await fillUp(stage, level - waiting)
      waiting = Math.max(waiting, level)
      // the same age at every level, or the compilers of V8 would make the first one look slow
      const api = await stage.startApi()
      const before = await memoryOf(stage)
      const { rate, accepted } = await acceptSome(stage, api)
      pace ||= Math.round(rate * HALF)
      const { p99, ok } = await loadAtPace(stage, api, pace, { seconds: bench.seconds * LATENCY_WINDOWS })
      await api[Symbol.asyncDispose]()
      const drained = await drainSome(stage, emr)
      Object.assign(figures, {
        [`rate@${level}`]: rate,
        [`p99@${level}`]: p99,
        [`drain@${level}`]: drained.perSecond,
        [`memory@${level}`]: before / MB,
      })
      waiting += accepted + ok - drained.count
      bench.log(
        `${side}: ${level} waiting, ${Math.round(rate)} accepts/s, ${Math.round(drained.perSecond)} encounters/s`,
      )
    }
    const [first = 0, last = 0] = [levels[0], levels.at(-1)]
    const between = (what: string) => (figures[`${what}@${first}`] ?? NaN) / (figures[`${what}@${last}`] ?? NaN)
    return { ...figures, rateSlower: between('rate'), drainSlower: between('drain'), p99Longer: 1 / between('p99') }
  },
}

function slowdown(key: string, label: string): Figure {
  return { key, label, unit: 'x', better: 'less', goal: { of: 'value', first: 1.25, second: 1.1 } }
}

/** With two apis, and synced only once a second, since a million jobs take their time. */
async function fillUp(stage: Stage, amount: number): Promise<void> {
  const apis = await Promise.all([stage.startApi(), stage.startApi()])
  await stage.redis?.client.config('SET', 'appendfsync', 'everysec')
  await fill(stage, apis, amount)
  await stage.redis?.client.config('SET', 'appendfsync', 'always')
  for (const api of apis) await api[Symbol.asyncDispose]()
}

async function memoryOf({ redis }: Stage): Promise<number> {
  if (!redis) throw new Skipped('it is not on Redis')
  return (await redis.counters()).usedMemory
}

/** `accepted`: including those of the warm-up, as far as they are known. */
async function acceptSome(stage: Stage, api: Api): Promise<{ rate: number; accepted: number }> {
  const { perSecond, ok } = await loadFully(stage, [api])
  return { rate: perSecond, accepted: ok * 2 }
}

/**
 * Lets a worker work for a while and ends it as by `kill -9`. `count`: the number of jobs that this took from the
 * queue.
 */
async function drainSome(stage: Stage, emr: Emr): Promise<{ perSecond: number; count: number }> {
  const before = await emr.created()
  const worker = await stage.startWorker()
  while ((await emr.created()) < before + DRAIN_WARM_UP) await delay(50)
  const from = { at: performance.now(), created: await emr.created() }
  await delay(stage.bench.seconds * 1000)
  const to = { at: performance.now(), created: await emr.created() }
  await worker[Symbol.asyncDispose]()
  return {
    perSecond: ((to.created - from.created) * 1000) / (to.at - from.at),
    count: (await emr.created()) - before,
  }
}
