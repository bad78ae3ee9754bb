import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { noteAftermath } from './aftermath.ts'
import { check, type Finding } from './checker.ts'
import { controlEmr } from './emr-moods.ts'
import { openHistory, type History, type HistoryEvent } from './history.ts'
import { letLoose } from './nemesis.ts'
import { showProgress } from './progress.ts'
import { planNemesis, type NemesisEvent } from './schedule.ts'
import { startKeyReuser } from './key-reuser.ts'
import { replicasOf, type SetUpKind } from './redis/set-up.ts'
import { openStage } from './stage.ts'
import { startSubmitter, type Submitter } from './submitter.ts'
import { unlessAborted } from './unless-aborted.ts'
import { openWebhookDesk, type WebhookDesk } from './webhook-desk.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
/** After everything is reported: a second encounter, if one is still to come, comes within time-out and settle time. */
const AFTERWARDS_MS = 7 * SECOND
/** Jobs that come while an EMR is away for longer than their deadline: a fifth of all others, within these. */
const FEWEST_OVERDUE = 800
const MOST_OVERDUE = 5_000

/** The parameters of a run. */
export type TortureOrder = {
  encounters: number
  seed: number
  /** How long the nemesis lasts, and over how long the encounters are spread. */
  minutes: number
  /** `single` if absent. */
  redis?: SetUpKind
  /** `min-replicas-to-write` of Redis, and `redis.replicas` of the gateway: all replicas if absent. */
  minReplicas?: number
  replicas?: number
  /** How long everything may take to drain by itself when the nemesis is over. */
  drainMinutes: number
  /** For the history and every process' log; a temporary folder if absent. */
  out?: string
  /** Where progress is shown; nowhere if absent. */
  progress?: NodeJS.WriteStream
  /** Instead of the schedule derived from seed and minutes; `[]` for a run without a nemesis. */
  schedule?: NemesisEvent[]
  /** Ends everything at once; the run then throws its reason. */
  stop?: AbortSignal
}

/** The result of a run. */
export type TortureResult = {
  order: TortureOrder
  folder: string
  /** The path of each encounter: see history.ts. */
  history: readonly HistoryEvent[]
  findings: Finding[]
  /** From the end of the nemesis until the last job had ended and been reported; `undefined` if that did not happen. */
  drainedAfterMs: number | undefined
}

/** Tortures a gateway of its own, lets it drain, and checks the result. */
export async function runTorture(order: TortureOrder): Promise<TortureResult> {
  const { encounters, seed, minutes, drainMinutes, progress, redis: redisKind = 'single' } = order
  const { minReplicas = replicasOf[redisKind], replicas = replicasOf[redisKind] } = order
  const folder = order.out ?? mkdtempSync(join(tmpdir(), 'gateway-torture-'))
  mkdirSync(folder, { recursive: true })
  if (readdirSync(folder).length > 0) throw new RangeError(`${folder} is not empty`)
  const schedule = order.schedule ?? planNemesis(seed, minutes, redisKind)
  writeFileSync(join(folder, 'schedule.json'), `${schedule.map((event) => JSON.stringify(event)).join('\n')}\n`)
  const secret = `whsec_${randomBytes(32).toString('base64')}`

  await using ends = new AsyncDisposableStack()
  const history = openHistory(join(folder, 'history.ndjson'))
  ends.defer(() => history.close())
  const desk = ends.use(await openWebhookDesk(secret, history))
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, ...(order.stop ? [order.stop] : [])])
  const overdue = Math.min(Math.max(encounters / 5, FEWEST_OVERDUE), MOST_OVERDUE)
  const redisSettings = replicasOf[redisKind] > 0 ? replicated(minReplicas) : []
  const ofRedis = { redisKind, redisSettings, replicas }
  const about = { folder, desk, secret, history, overdue: Math.round(overdue), ...ofRedis, signal }
  const stage = ends.use(await openStage(about))
  await controlEmr(stage.emrUrl)
  // the schedule's times begin when everything is ready
  const startedAt = history.now()
  const shifted = schedule.map((event) => ({ ...event, atMs: event.atMs + startedAt }))
  if (progress) ends.defer(showProgress({ events: history.events, schedule: shifted, encounters, out: progress }))
  const overMs = minutes * MINUTE
  const submitter = startSubmitter({ apis: stage.apiUrls, encounters, seed, overMs, history })
  ends.defer(() => submitter.close())
  const keyReuser = stage.ofKeys && startKeyReuser({ apiUrl: stage.ofKeys.apiUrl, seed, history })
  ends.defer(() => keyReuser?.close())
  // first of all, so that no lane starts again what is being ended
  ends.defer(() => over.abort(new Error('the run is over')))

  const run = async (): Promise<TortureResult> => {
    await Promise.all([letLoose(shifted, stage, history, signal), delay(overMs, undefined, { signal })])
    history.note({ what: 'quiet' })
    const keysDone = keyReuser?.finish() ?? Promise.resolve()
    const patienceMs = drainMinutes * MINUTE
    const { accepted } = stage.outage
    const drainedAfterMs = await drain({ submitter, keysDone, accepted, desk, history, patienceMs, signal })
    await delay(AFTERWARDS_MS, undefined, { signal })
    await noteAftermath(stage, submitter.accepted.union(accepted), history)
    return { order, folder, history: history.events, findings: check(history.events), drainedAfterMs }
  }
  return await unlessAborted(run(), signal)
}

/** As docs/operations.md asks for it. */
function replicated(minReplicas: number): string[] {
  const writes = [`min-replicas-to-write ${minReplicas}`, 'min-replicas-max-lag 2']
  return [...writes, 'repl-ping-replica-period 1', 'repl-timeout 5']
}

async function drain(about: {
  submitter: Submitter
  /** Resolves when the submitter that uses keys again has seen what it made end. */
  keysDone: Promise<void>
  /** What others than the submitter have accepted. */
  accepted: ReadonlySet<string>
  desk: WebhookDesk
  history: History
  patienceMs: number
  signal: AbortSignal
}): Promise<number | undefined> {
  const { submitter, keysDone, accepted, desk, history, patienceMs, signal } = about
  const beganAt = history.now()
  let allAccepted = false
  void Promise.all([submitter.done, keysDone]).then(() => (allAccepted = true))
  while (history.now() - beganAt < patienceMs) {
    const all = submitter.accepted.union(accepted)
    if (allAccepted && all.isSubsetOf(desk.told)) return history.now() - beganAt
    await delay(100, undefined, { signal })
  }
  submitter.giveUp()
  await submitter.done
  return undefined
}
