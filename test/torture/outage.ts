import { setTimeout as delay } from 'node:timers/promises'
import type { Batch, BatchItem } from '@encounter-gateway/shared/contract/batch.ts'
import { keyBaseOf } from '@encounter-gateway/shared/records/keys.ts'
import { Agent, request } from 'undici'
import { asDemo } from '../fixtures/processes.ts'
import { OUTAGE_DEADLINE_MS, outageConnection } from './connections.ts'
import { makeEncounter } from './encounter-maker.ts'
import type { History } from './history.ts'
import type { Random } from './random.ts'
import { ANSWER_MS, openSender } from './sender.ts'
import type { Stage } from './stage.ts'
import { stopWorker } from './stop-worker.ts'

const SECOND = 1000
/** Jobs in the middle of a call when the EMR goes: as many as it takes at once. */
const IN_DOUBT = outageConnection.concurrency
const FRESH_EVERY_MS = 60
/** Of all workers: the first by SIGTERM, as when operators restart them after an outage, the others by either signal. */
const MOST_ROUNDS = 4
const LOOKED_EVERY_MS = 30
/** For the sweep to begin: it does so every 5 s, and a killed worker holds its lease for 4.5 s; a busy machine takes longer for all of it. */
const SWEEP_BEGINS_MS = 30 * SECOND
/** For a batch to be uploaded, with Redis or an api away for some of the time, and its deadline to pass. */
const UPLOADED_MS = OUTAGE_DEADLINE_MS + 20 * SECOND
/** Jobs that must have ended before the workers are hit, so that it is in the middle. */
const UNDER_WAY = 30

/**
 * An outage of an EMR that is longer than the deadline of its jobs: a few are in the middle of a call when it goes, a batch comes
 * while it is away, and all of that is overdue when it comes back. While the sweep ends them, and new jobs come, the workers are killed
 * and restarted until nothing is overdue any more. Resolves when it is over and all workers run.
 */
export async function outage(about: {
  stage: Stage
  seed: number
  random: Random
  history: History
  signal: AbortSignal
}): Promise<void> {
  const { stage, seed, random, history, signal } = about
  const { emr, accepted, items } = stage.outage
  const { emrInstance } = outageConnection
  const agent = new Agent({ headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS })
  const send = openSender({ apis: stage.apiUrls, history, agent, stopped: signal, emrInstance, mayExpire: true })
  const bodyOf = (n: number) => JSON.stringify(makeEncounter(seed, n))
  let count = 0
  const submit = async () => {
    const n = count++
    const jobId = await send({ n, key: `outage-${seed}-${n}`, firstApi: n, body: bodyOf(n) })
    if (jobId !== undefined) accepted.add(jobId)
  }
  try {
    emr.hold('after commit')
    await Promise.all(Array.from({ length: IN_DOUBT }, submit))
    await delay(outageConnection.timeoutMs / 4, undefined, { signal })
    await emr.goDown()
    emr.forget()
    const lines = Array.from({ length: items }, (_, n) => bodyOf(1_000_000 + n)).join('\n')
    const key = `outage-${seed}-batch`
    const jobIds = upload(stage, { key, lines, items, agent, signal })
    // told below
    jobIds.catch(() => undefined)
    await untilOverdue(stage, UNDER_WAY, signal)
    await emr.comeBack()
    const over = new AbortController()
    const fresh = keepSubmitting(submit, AbortSignal.any([signal, over.signal]))
    await hitTheSweep(about, random)
    over.abort()
    await fresh
    for (const [index, jobId] of (await jobIds).entries()) {
      history.note({ what: 'reply', key: `${key}-${index}`, api: 0, try: 1, status: 202, jobId, mayExpire: true })
      accepted.add(jobId)
    }
  } finally {
    await agent.destroy()
  }
}

async function keepSubmitting(submit: () => Promise<void>, until: AbortSignal): Promise<void> {
  const sent: Promise<void>[] = []
  while (!until.aborted) {
    sent.push(submit())
    await delay(FRESH_EVERY_MS)
  }
  await Promise.all(sent)
}

async function hitTheSweep(
  { stage, history, signal }: { stage: Stage; history: History; signal: AbortSignal },
  random: Random,
): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (!(await untilUnderWay(stage, signal))) return
    const workers = random.shuffled(stage.workers)
    const hit = workers.map(async (worker, n) => {
      if (round % 2 === 0 || n === 0) await stopWorker(worker, history)
      else await worker.kill()
      await worker.start()
    })
    await Promise.all(hit)
  }
}

/** Until so many jobs are overdue: the sweep may begin at any moment. */
async function untilOverdue(stage: Stage, wanted: number, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + UPLOADED_MS
  while (((await overdue(stage)) ?? 0) < wanted && performance.now() < giveUpAt) {
    await delay(LOOKED_EVERY_MS, undefined, { signal })
  }
}

/** Whether, in time, some of what is overdue has been ended and some has not. */
async function untilUnderWay(stage: Stage, signal: AbortSignal): Promise<boolean> {
  const giveUpAt = performance.now() + SWEEP_BEGINS_MS
  let most = 0
  while (performance.now() < giveUpAt) {
    const left = await overdue(stage)
    if (left === 0) return false
    most = Math.max(most, left ?? 0)
    if (left !== undefined && left <= most - UNDER_WAY) return true
    await delay(LOOKED_EVERY_MS, undefined, { signal })
  }
  return false
}

/** How many jobs are past their deadline and have not ended; `undefined` where Redis cannot be asked. */
async function overdue({ redis }: Stage): Promise<number | undefined> {
  const pending = `${keyBaseOf(outageConnection)}:pending`
  return redis.control.zcount(pending, '-inf', Date.now()).catch(() => undefined)
}

type Upload = { key: string; lines: string; items: number; agent: Agent; signal: AbortSignal }

/** Uploads a batch as a client does, again under its key until all of it is accepted. Gives its JobIds. */
async function upload({ apiUrls }: Stage, { key, lines, items, agent, signal }: Upload): Promise<string[]> {
  const headers = { ...asDemo, emrinstance: outageConnection.emrInstance }
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted()
    const api = apiUrls[attempt % apiUrls.length] ?? ''
    try {
      const reply = await request(`${api}/api/v1/Sandbox/PatientEncounters/Batch`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-ndjson', 'idempotency-key': key },
        body: lines,
        dispatcher: agent,
      })
      const { BatchId, Accepted } = (await reply.body.json()) as Partial<Batch>
      if (reply.statusCode === 202 && Accepted === items) {
        const results = await request(`${api}/api/v1/Batches/${BatchId}/Results`, { headers, dispatcher: agent })
        const listed = (await results.body.text()).trim().split('\n')
        const jobIds = listed.flatMap((line) => (JSON.parse(line) as BatchItem).JobId ?? [])
        if (jobIds.length === items) return jobIds
      }
    } catch {
      // the api or Redis is away, or the answer broke off
    }
    await delay(300, undefined, { signal })
  }
}
