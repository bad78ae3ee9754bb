import { setTimeout as delay } from 'node:timers/promises'
import { keyBaseOf } from '@encounter-gateway/shared/records/keys.ts'
import type { LineFault } from './chaos-proxy.ts'
import { controlEmr, emrMoods, lateCommit } from './emr-moods.ts'
import type { History } from './history.ts'
import { randomFrom, type Random } from './random.ts'
import type { NemesisEvent, NemesisKind } from './schedule.ts'
import { connection } from './connections.ts'
import { outage } from './outage.ts'
import type { DataServer, NamedLine, RedisSetUp } from './redis/set-up.ts'
import type { Stage } from './stage.ts'
import { stopWorker } from './stop-worker.ts'

/** Until every process has followed a failover that is over: a silent connection is replaced within 8 s. */
const FOLLOWED_MS = 10_000

/** What one event did besides its kind, for the history. */
type Done = { target?: string; jobs?: string[]; note?: string }
/** Begins something at once, and returns the function that ends it. A string instead: why it is not possible here. */
type Deed = (at: {
  stage: Stage
  event: NemesisEvent
  random: Random
  history: History
  signal: AbortSignal
}) => Promise<[Done, () => Promise<void>] | string>

/**
 * Carries out the schedule, each lane by itself; resolves when the last one is over and everything is well again. With
 * the signal every lane ends where it is, and what it has made bad stays so.
 */
export async function letLoose(
  schedule: readonly NemesisEvent[],
  stage: Stage,
  history: History,
  signal: AbortSignal,
): Promise<void> {
  const numbered = schedule.map((event, n) => ({ event, n }))
  const lanes = Map.groupBy(numbered, ({ event }) => event.lane)
  await Promise.all(
    lanes.values().map(async (lane) => {
      for (const { event, n } of lane) {
        await delay(Math.max(event.atMs - history.now(), 0), undefined, { signal })
        await perform(event, n, { stage, history, signal })
      }
    }),
  )
}

async function perform(
  event: NemesisEvent,
  n: number,
  { stage, history, signal }: { stage: Stage; history: History; signal: AbortSignal },
): Promise<void> {
  const { kind } = event
  // a failover goes on after what caused it is over
  const settles = kind.includes('redis') && stage.redisKind !== 'single'
  const begun = await deeds[kind]({ stage, event, random: randomFrom(event.seed), history, signal })
  if (typeof begun === 'string') return history.note({ what: 'nemesis', n, kind, phase: 'skipped', note: begun })
  const [done, end] = begun
  history.note({ what: 'nemesis', n, kind, phase: 'begin', ...done, ...(settles && { afterMs: FOLLOWED_MS }) })
  await delay(event.forMs, undefined, { signal })
  await end()
  if (settles) await stage.redis.untilWell(signal)
  history.note({ what: 'nemesis', n, kind, phase: 'end', ...(done.target && { target: done.target }) })
}

const workerKill: Deed = async ({ stage, random }) => {
  const worker = random.pick(stage.workers)
  const jobs = await activeJobs(stage)
  await worker.kill()
  return [{ target: worker.name, jobs }, () => worker.start()]
}

const workerKillAll: Deed = async ({ stage }) => {
  const jobs = await activeJobs(stage)
  const workers = everyWorker(stage)
  await Promise.all(workers.map((worker) => worker.kill()))
  const start = async () => void (await Promise.all(workers.map((worker) => worker.start())))
  return [{ target: 'all workers', jobs }, start]
}

const workerRestart: Deed = async ({ stage, random, history }) => {
  const worker = random.pick(everyWorker(stage))
  const note = await stopWorker(worker, history)
  return [{ target: worker.name, note }, () => worker.start()]
}

const apiRestart: Deed = async ({ stage, random }) => {
  const api = random.pick(everyApi(stage))
  const note = await api.stop()
  return [{ target: api.name, note }, () => api.start()]
}

const pause =
  (of: (stage: Stage) => { name: string; pause(): void; resume(): void }[]): Deed =>
  async ({ stage, random }) => {
    const target = random.pick(of(stage))
    target.pause()
    return [{ target: target.name }, async () => target.resume()]
  }

const outageDeed: Deed = async ({ stage, event, random, history, signal }) => {
  const over = outage({ stage, seed: event.seed, random, history, signal })
  // told by the end of the event
  over.catch(() => undefined)
  return [{ target: 'the emr with the outages' }, () => over]
}

const workerClock: Deed = async ({ stage: { clock, workers }, random }) => {
  if (typeof clock === 'string') return clock
  const seconds = random.integer(20, 60) * (random.fraction() < 0.5 ? -1 : 1)
  clock.shift(seconds)
  return [{ target: workers.at(-1)?.name ?? '', note: `${seconds} s` }, async () => clock.shift(0)]
}

const apiKill: Deed = async ({ stage, random }) => {
  const api = random.pick(everyApi(stage))
  await api.kill()
  return [{ target: api.name }, () => api.start()]
}

/** Mostly a primary; a replica as well, without which a write may not be confirmed. */
async function pickServer(redis: RedisSetUp, random: Random): Promise<DataServer> {
  const [first, ...others] = await redis.primaries()
  const from = random.fraction() < 0.5 && first ? [first] : random.fraction() < 0.5 ? others : redis.servers
  return random.pick(from.length > 0 ? from : redis.servers)
}

const redisKill: Deed = async ({ stage: { redis }, random }) => {
  const server = await pickServer(redis, random)
  await server.kill()
  return [{ target: server.name }, () => server.start()]
}

const redisPause: Deed = async ({ stage: { redis }, random }) => {
  const server = await pickServer(redis, random)
  server.pause()
  return [{ target: server.name }, async () => server.resume()]
}

const redisFailover: Deed = async ({ stage: { redis }, random }) => {
  const [first, ...others] = await redis.primaries()
  const primary = random.fraction() < 0.5 ? first : random.pick([first, ...others])
  if (!primary) return 'there is no primary'
  const note = await redis.failOver(primary)
  return [{ target: primary.name, note }, async () => undefined]
}

const redisFull: Deed = async ({ stage: { redis } }) => {
  const setMemory = (limit: string) =>
    Promise.all(redis.servers.map(({ control }) => control.config('SET', 'maxmemory', limit)))
  await setMemory('1mb')
  return [
    { target: 'redis' },
    async () => {
      await setMemory('0')
    },
  ]
}

const diskFull: Deed = async ({ stage: { disk, redis }, event }) => {
  if (typeof disk === 'string') return disk
  if (!(await disk.fill())) return 'the disk could not be filled'
  // with appendfsync always Redis ends rather than acknowledge what it could not write
  const [server] = redis.servers
  const ended = await server?.endsWithin(event.forMs)
  const end = async () => {
    disk.empty()
    await server?.start()
  }
  return [{ target: 'redis', note: ended ? 'Redis ended' : 'Redis went on' }, end]
}

const emrMood =
  (kind: keyof typeof emrMoods): Deed =>
  async ({ stage, event }) => {
    await controlEmr(stage.emrUrl, { ...emrMoods[kind], seed: event.seed })
    return [{ target: 'emr' }, () => controlEmr(stage.emrUrl)]
  }

const emrLateCommit: Deed = async ({ stage, event, random, signal }) => {
  const { shortestMs, longestMs, momentMs, everyMs } = lateCommit
  const over = new AbortController()
  const pulses = (async () => {
    while (!over.signal.aborted && !signal.aborted) {
      await controlEmr(stage.emrUrl, { commitDelayMs: random.integer(shortestMs, longestMs), seed: event.seed })
      await delay(momentMs)
      await controlEmr(stage.emrUrl)
      await delay(everyMs - momentMs)
    }
  })()
  // reported by `end`
  pulses.catch(() => undefined)
  const end = async () => {
    over.abort()
    await pulses
  }
  return [{ target: 'emr' }, end]
}

const line =
  (of: (stage: Stage, random: Random) => Promise<NamedLine>, fault: (random: Random) => LineFault): Deed =>
  async ({ stage, random }) => {
    const { target, line: spoilt } = await of(stage, random)
    spoilt.spoil(fault(random), random)
    return [{ target }, async () => spoilt.calm()]
  }
const toEmr = async ({ lineToEmr }: Stage) => ({ target: 'line to the emr', line: lineToEmr })
const toRedis = ({ redis }: Stage, random: Random) => redis.lineToData(random)
const cut = (random: Random): LineFault => ({ how: 'cut', share: 0.3, everyMs: random.integer(200, 900) })
const halfClose = (random: Random): LineFault => ({ how: 'half-close', share: 0.2, everyMs: random.integer(300, 900) })
const slow = (random: Random): LineFault => ({ how: 'delay', upToMs: random.integer(20, 300) })
const deaf = (): LineFault => ({ how: 'deaf' })
const silent = (random: Random): LineFault => ({ how: 'silent', share: random.pick([0.3, 0.6, 1]) })

const deeds: Record<NemesisKind, Deed> = {
  'worker-kill': workerKill,
  'worker-kill-all': workerKillAll,
  'worker-restart': workerRestart,
  'worker-pause': pause((stage) => stage.workers),
  'worker-clock': workerClock,
  outage: outageDeed,
  'api-kill': apiKill,
  'api-restart': apiRestart,
  'api-pause': pause(everyApi),
  'redis-kill': redisKill,
  'redis-pause': redisPause,
  'redis-failover': redisFailover,
  'redis-full': redisFull,
  'disk-full': diskFull,
  'emr-slow': emrMood('emr-slow'),
  'emr-408': emrMood('emr-408'),
  'emr-502': emrMood('emr-502'),
  'emr-429': emrMood('emr-429'),
  'emr-drop-before': emrMood('emr-drop-before'),
  'emr-drop-after': emrMood('emr-drop-after'),
  'emr-502-after': emrMood('emr-502-after'),
  'emr-late-commit': emrLateCommit,
  'emr-finds-fail': emrMood('emr-finds-fail'),
  'emr-refuses': emrMood('emr-refuses'),
  'emr-down': emrMood('emr-down'),
  'emr-pause': pause((stage) => [stage.emr]),
  'net-emr-cut': line(toEmr, cut),
  'net-emr-delay': line(toEmr, slow),
  'net-emr-half-close': line(toEmr, halfClose),
  'net-emr-deaf': line(toEmr, deaf),
  'net-redis-cut': line(toRedis, cut),
  'net-redis-delay': line(toRedis, slow),
  'net-redis-half-close': line(toRedis, halfClose),
  'net-redis-deaf': line(toRedis, deaf),
  'net-redis-silent': line(toRedis, silent),
}

function everyApi({ apis, ofKeys }: Stage): Stage['apis'] {
  return ofKeys ? [...apis, ofKeys.api] : apis
}

function everyWorker({ workers, ofKeys }: Stage): Stage['workers'] {
  return ofKeys ? [...workers, ofKeys.worker] : workers
}

/** Which jobs are being worked on, by anyone; none where Redis cannot be asked. */
async function activeJobs({ redis }: Stage): Promise<string[]> {
  return redis.control.lrange(`${keyBaseOf(connection)}:active`, 0, -1).catch(() => [])
}
