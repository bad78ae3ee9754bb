import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { openWebhookRecords } from '@encounter-gateway/shared/webhooks/webhook-records.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { openFleet, postTo, type FleetProcess } from '../../failures/fleet.ts'
import { asDemo, spawnNode } from '../../fixtures/processes.ts'
import { startWebhookReceiver } from '../../fixtures/webhook-receiver.ts'

const SECOND = 1_000
const DAY_SECONDS = 86_400
const HOUR = 3_600 * SECOND
/** So many POSTs a consumer answers before it hangs: it then has all the places of one that answers well. */
const ANSWERED = 20
/** Messages added to the feed at once. */
const FILL_CHUNK = 500
const PATH = '/api/v1/WebhookEndpoints'

/** What happens in one round. */
export type Plan = {
  /** A Redis of its own, empty. */
  redisUrl: string
  outcomes: number
  perSecond: number
  /** Beside the healthy consumer: one that answers 500, and one that hangs while this many messages wait for it. */
  sick?: { waiting: number } | undefined
  /** Kills one of the two workers this often, in turn, with SIGKILL, and starts another. */
  killEveryMs?: number | undefined
  /** The waits between tries, how long a consumer may take, and after how much of nothing but failure it is disabled. */
  scheduleSeconds: number[]
  timeoutSeconds: number
  disableAfterSeconds: number
  /** For all that waits at the end: messages for the healthy consumer, and the sick ones' end. */
  patienceMs: number
  signal: AbortSignal
  /** Called with the share of the jobs that have been sent. */
  sent?: (share: number) => void
}

/** How a consumer that is not well ended. */
export type SickEnd = { state: string; reason?: string; pending: number; posts: number }

/** What one round has shown. */
export type Played = {
  /** Jobs that were accepted; the others of `outcomes` were not. */
  accepted: number
  /** ms from the outcome, as the message has it, to the healthy consumer's 2xx, of each job. */
  latencies: number[]
  /** Accepted jobs that the healthy consumer has not heard of. */
  lost: string[]
  /** Messages that it got more than once. */
  twice: number
  kills: number
  failing?: SickEnd
  hanging?: SickEnd
}

/** Plays one round with real processes: api, two workers, Sandbox EMR; the consumers are in this process. */
export async function play(plan: Plan): Promise<Played> {
  const { redisUrl, sick, signal } = plan
  await using started = new AsyncDisposableStack()
  const heard = new Map<string, number>()
  let twice = 0
  const healthy = started.use(
    await startWebhookReceiver((response, n) => {
      response.writeHead(204).end()
      const { type, timestamp, data } = JSON.parse(healthy.received[n - 1]?.body ?? '{}') as Message
      if (!type.startsWith('encounter.') || !data.JobId) return
      if (heard.has(data.JobId)) twice++
      else heard.set(data.JobId, Date.now() - Date.parse(timestamp))
    }),
  )
  const failing = started.use(await startWebhookReceiver((response) => void response.writeHead(500).end()))
  const hanging = started.use(
    await startWebhookReceiver((response, n) => n <= ANSWERED && response.writeHead(204).end()),
  )
  const sandboxPort = await findFreePort()
  const sandbox = spawnNode('worker/sandbox-emr/server.ts', { ...process.env, SANDBOX_PORT: String(sandboxPort) })
  started.defer(() => sandbox.kill('SIGKILL'))
  const emr = { baseUrl: `http://127.0.0.1:${sandboxPort}` }
  const { scheduleSeconds, timeoutSeconds } = plan
  const fleet = started.use(
    await openFleet({
      emrs: [{ emr, settings: { requestsPerSecond: 10_000 } }],
      redisUrl,
      config: {
        webhooks: {
          allowHttp: true,
          allowHosts: [healthy.host, failing.host, hanging.host],
          scheduleSeconds,
          timeoutSeconds,
          disableAfterDays: plan.disableAfterSeconds / DAY_SECONDS,
        },
      },
    }),
  )
  const api = await fleet.startApi()
  const ids: Partial<Record<'failing' | 'hanging', string>> = {}
  if (sick) {
    ids.hanging = await createEndpoint(api, hanging.url)
    ids.failing = await createEndpoint(api, failing.url)
    await fill(fleet.redis, sick.waiting)
  }
  await createEndpoint(api, healthy.url)
  const workers = await Promise.all([fleet.startWorker(), fleet.startWorker()])
  if (sick) await until(() => hanging.received.length > ANSWERED, plan)

  const { emrInstance } = fleet.connection().connection
  const over = new AbortController()
  const killing = killInTurn(workers, () => fleet.startWorker(), plan.killEveryMs, over.signal)
  // reported below, unless something else fails before
  killing.catch(() => undefined)
  started.defer(() => over.abort())
  const accepted = await sendAll(plan, () => postTo(api, emrInstance))
  over.abort()
  const kills = await killing
  await until(() => accepted.every((jobId) => heard.has(jobId)), plan)
  const ended = async (name: 'failing' | 'hanging', posts: () => number): Promise<SickEnd | undefined> => {
    const id = ids[name]
    if (id === undefined) return undefined
    let end = await endOf(api, id)
    const giveUpAt = Date.now() + plan.patienceMs
    while (end.state !== 'Disabled' && end.pending > 0 && Date.now() < giveUpAt) {
      await delay(SECOND, undefined, { signal })
      end = await endOf(api, id)
    }
    return { ...end, posts: posts() }
  }
  const [failed, hung] = await Promise.all([
    ended('failing', () => failing.received.length),
    ended('hanging', () => hanging.received.length),
  ])
  return {
    accepted: accepted.length,
    latencies: accepted.flatMap((jobId) => heard.get(jobId) ?? []),
    lost: accepted.filter((jobId) => !heard.has(jobId)),
    twice,
    kills,
    ...(failed && { failing: failed }),
    ...(hung && { hanging: hung }),
  }
}

type Message = { type: string; timestamp: string; data: { JobId?: string } }

async function createEndpoint(api: FleetProcess, url: string): Promise<string> {
  const headers = { ...asDemo, 'content-type': 'application/json' }
  const answer = await fetch(`${api.url}${PATH}`, { method: 'POST', headers, body: JSON.stringify({ Url: url }) })
  const said = (await answer.json()) as { EndpointId: string }
  if (answer.status !== 201) throw new Error(`the endpoint was not created: ${JSON.stringify(said)}`)
  return said.EndpointId
}

async function endOf(api: FleetProcess, id: string): Promise<Omit<SickEnd, 'posts'>> {
  const answer = await fetch(`${api.url}${PATH}/${id}`, { headers: asDemo })
  const { State, Reason, Pending } = (await answer.json()) as { State: string; Reason?: string; Pending: number }
  return { state: State, ...(Reason && { reason: Reason }), pending: Pending }
}

/** Adds messages to the feed of `demo`, as workers do. */
async function fill(redis: Awaited<ReturnType<typeof openFleet>>['redis'], messages: number): Promise<void> {
  const { feed } = openWebhookRecords(redis, { application: 'demo', retentionMs: HOUR, configured: false })
  for (let from = 0; from < messages; from += FILL_CHUNK) {
    const chunk = Array.from({ length: Math.min(FILL_CHUNK, messages - from) }, (_, n) => {
      const data = { JobId: `filled${from + n}`, EMRSystem: 'Sandbox', EmrInstance: 'default', StatusCode: 201 }
      const body = JSON.stringify({ type: 'encounter.created', timestamp: new Date().toISOString(), data })
      return { id: `msg_filled${from + n}_1`, type: 'encounter.created', body }
    })
    await feed.publish(chunk)
  }
}

/** Sends at an even pace whatever the answers are; returns the ids of the accepted jobs. */
async function sendAll(plan: Plan, post: () => ReturnType<typeof postTo>): Promise<string[]> {
  const accepted: string[] = []
  const underWay = new Set<Promise<void>>()
  const startedAt = performance.now()
  for (let n = 0; n < plan.outcomes; n++) {
    const aheadMs = startedAt + (n * SECOND) / plan.perSecond - performance.now()
    if (aheadMs > 0) await delay(aheadMs, undefined, { signal: plan.signal })
    if (n % plan.perSecond === 0) plan.sent?.(n / plan.outcomes)
    const sent: Promise<void> = post()
      .then(async (answer) => {
        const said = (await answer?.json()) as { JobId?: string } | undefined
        if (answer?.status === 202 && said?.JobId) accepted.push(said.JobId)
      })
      .finally(() => underWay.delete(sent))
    underWay.add(sent)
  }
  await Promise.all(underWay)
  return accepted
}

/** Returns the number of workers it has killed once it is stopped. */
async function killInTurn(
  workers: FleetProcess[],
  startWorker: () => Promise<FleetProcess>,
  everyMs: number | undefined,
  stopped: AbortSignal,
): Promise<number> {
  if (everyMs === undefined) return 0
  for (let kills = 0; ; kills++) {
    await delay(everyMs, undefined, { signal: stopped }).catch(() => undefined)
    if (stopped.aborted) return kills
    await workers.shift()?.kill('SIGKILL')
    workers.push(await startWorker())
  }
}

async function until(condition: () => boolean, { patienceMs, signal }: Plan): Promise<void> {
  const giveUpAt = Date.now() + patienceMs
  while (!condition() && Date.now() < giveUpAt) await delay(20, undefined, { signal })
}
