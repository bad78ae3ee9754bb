import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { percentile } from '../../bench/statistics.ts'
import { asDemo } from '../../fixtures/processes.ts'
import { encounterAt } from '../../generator/encounters.ts'

const SECOND = 1000
/** Made before the first is sent, then sent in turn. */
const BODIES = 1_000

/** The order of this process, as JSON in its first argument. */
export type LoadOrder = { url: string; emrInstance: string; perSecond: number; warmUpSeconds: number; seconds: number }
/** Of one kind in one round: p50 and p99 in ms, and the number of requests. */
export type Latencies = { p50: number; p99: number; count: number }
/**
 * Its messages to its parent: how much was sent, and at the end the result. `failed`: answers other than 202 and 201,
 * or none.
 */
export type LoadReport =
  | { sent: number; of: number }
  | { accept: Latencies; completion: Latencies; failed: Record<string, number> }

/**
 * Sends at a steady rate whatever the answers are, alternately without and with `Prefer: wait`: the one is answered
 * when the job is stored, the other when it has ended. Requests sent while warming up are not counted.
 */
async function main(order: LoadOrder): Promise<void> {
  const { perSecond, warmUpSeconds, seconds } = order
  const bodies = Array.from({ length: BODIES }, (_, n) => JSON.stringify(encounterAt(1, n)))
  const agent = new Agent({ connections: 256 })
  const took = { accept: [] as number[], completion: [] as number[] }
  const failed: Record<string, number> = {}

  async function send(n: number, counts: boolean): Promise<void> {
    const kind = n % 2 === 0 ? 'accept' : 'completion'
    const sentAt = performance.now()
    const status = await post(order, bodies[n % BODIES] ?? '', kind === 'completion', agent)
    const tookMs = performance.now() - sentAt
    if (!counts) return
    if (status === (kind === 'accept' ? '202' : '201')) took[kind].push(tookMs)
    else failed[`${kind} ${status}`] = (failed[`${kind} ${status}`] ?? 0) + 1
  }

  const all = (warmUpSeconds + seconds) * perSecond
  const underWay = new Set<Promise<void>>()
  const startedAt = performance.now()
  for (let n = 0; n < all; n++) {
    const aheadMs = startedAt + (n * SECOND) / perSecond - performance.now()
    if (aheadMs > 0) await delay(aheadMs)
    if (n % perSecond === 0) tell({ sent: n, of: all })
    const sent: Promise<void> = send(n, n >= warmUpSeconds * perSecond).finally(() => underWay.delete(sent))
    underWay.add(sent)
  }
  await Promise.all(underWay)
  await agent.close()
  tell({ accept: latenciesOf(took.accept), completion: latenciesOf(took.completion), failed })
}

/** The status, or the error's code. */
async function post(order: LoadOrder, body: string, waits: boolean, dispatcher: Agent): Promise<string> {
  try {
    const reply = await request(`${order.url}/api/v1/Sandbox/PatientEncounters`, {
      method: 'POST',
      headers: {
        ...asDemo,
        'content-type': 'application/json',
        loginid: 'user',
        password: 'secret',
        emrinstance: order.emrInstance,
        prefer: waits ? 'wait=20' : 'respond-async',
      },
      body,
      dispatcher,
    })
    await reply.body.dump()
    return String(reply.statusCode)
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'error'
  }
}

function latenciesOf(values: readonly number[]): Latencies {
  return { p50: percentile(values, 50), p99: percentile(values, 99), count: values.length }
}

function tell(report: LoadReport): void {
  process.send?.(report)
}

await main(JSON.parse(process.argv[2] ?? '') as LoadOrder)
