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
import { openStage } from './stage.ts'
import { startSubmitter, type Submitter } from './submitter.ts'
import { openWebhookDesk, type WebhookDesk } from './webhook-desk.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
/** After all is told: a second encounter, if one is still to come, comes within time-out and settle time. */
const AFTERWARDS_MS = 7 * SECOND

/** What is asked for. */
export type TortureOrder = {
  encounters: number
  seed: number
  /** How long the nemesis goes on, and how long the encounters are spread over. */
  minutes: number
  /** How long everything may take to drain by itself when the nemesis is over. */
  drainMinutes: number
  /** For the history and every process' log; a temporary folder if left out. */
  out?: string
  /** Where progress is shown; nowhere if left out. */
  progress?: NodeJS.WriteStream
  /** Instead of the schedule that seed and minutes make; `[]` for a run without a nemesis. */
  schedule?: NemesisEvent[]
  /** Ends everything at once; the run then throws. */
  stop?: AbortSignal
}

/** What came of it. */
export type TortureResult = {
  order: TortureOrder
  folder: string
  /** Where each encounter came from and went: see history.ts. */
  history: readonly HistoryEvent[]
  findings: Finding[]
  /** From the end of the nemesis until the last job had ended and been told; `undefined` if that did not come. */
  drainedAfterMs: number | undefined
}

/** Tortures a gateway of its own, lets it drain, and checks what it did. */
export async function runTorture(order: TortureOrder): Promise<TortureResult> {
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  order.stop?.addEventListener('abort', () => reject(new Error('the torture was stopped')))
  const { encounters, seed, minutes, drainMinutes, progress } = order
  const folder = order.out ?? mkdtempSync(join(tmpdir(), 'gateway-torture-'))
  mkdirSync(folder, { recursive: true })
  if (readdirSync(folder).length > 0) throw new RangeError(`${folder} is not empty`)
  const schedule = order.schedule ?? planNemesis(seed, minutes)
  writeFileSync(join(folder, 'schedule.json'), `${schedule.map((event) => JSON.stringify(event)).join('\n')}\n`)
  const secret = `whsec_${randomBytes(32).toString('base64')}`

  await using ends = new AsyncDisposableStack()
  const history = openHistory(join(folder, 'history.ndjson'))
  ends.defer(() => history.close())
  const desk = ends.use(await openWebhookDesk(secret, history))
  const stage = ends.use(await openStage(folder, desk, secret, history))
  await controlEmr(stage.emrUrl)
  // the schedule's times begin when all is ready
  const startedAt = history.now()
  const shifted = schedule.map((event) => ({ ...event, atMs: event.atMs + startedAt }))
  const endProgress = progress && showProgress({ events: history.events, schedule: shifted, encounters, out: progress })
  const overMs = minutes * MINUTE
  const submitter = startSubmitter({ apis: stage.apiUrls, encounters, seed, overMs, history })
  ends.defer(() => submitter.close())

  const run = async (): Promise<TortureResult> => {
    await Promise.all([letLoose(shifted, stage, history), delay(overMs)])
    history.note({ what: 'quiet' })
    const drainedAfterMs = await drain(submitter, desk, drainMinutes * MINUTE, history)
    await delay(AFTERWARDS_MS)
    await noteAftermath(stage, submitter.accepted, history)
    return { order, folder, history: history.events, findings: check(history.events), drainedAfterMs }
  }
  const result = await Promise.race([run(), stopped])
  endProgress?.()
  return result
}

async function drain(
  submitter: Submitter,
  desk: WebhookDesk,
  patienceMs: number,
  history: History,
): Promise<number | undefined> {
  const beganAt = history.now()
  let allAccepted = false
  void submitter.done.then(() => (allAccepted = true))
  while (history.now() - beganAt < patienceMs) {
    if (allAccepted && submitter.accepted.isSubsetOf(desk.told)) return history.now() - beganAt
    await delay(100)
  }
  submitter.giveUp()
  await submitter.done
  return undefined
}
