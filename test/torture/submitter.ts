import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { asDemo } from '../fixtures/processes.ts'
import { makeEncounter } from './encounter-maker.ts'
import type { History } from './history.ts'
import { randomFrom } from './random.ts'
import { ANSWER_MS, openSender } from './sender.ts'

const SECOND = 1000
const IN_FLIGHT = 64
/** So much of what was accepted is sent again later, and so much cancelled at once. */
const REPEATED = 0.05
const CANCELLED = 0.01

/** A submitting system: sends all encounters spread over a time, retries as a client should, forgets nothing. */
export type Submitter = {
  /** JobIds received in a 202. */
  accepted: ReadonlySet<string>
  /** Resolves when each encounter has been accepted, or refused for good. */
  done: Promise<void>
  /** Ends all retries: what has not been accepted by now never will be. */
  giveUp(): void
  /** Stops, and resolves when nothing of it goes on. */
  close(): Promise<void>
}

/** Starts at once. `apis` are base URLs; each request begins with one of them and moves to another if it is away. */
export function startSubmitter(about: {
  apis: string[]
  encounters: number
  seed: number
  overMs: number
  history: History
}): Submitter {
  const { apis, encounters, seed, overMs, history } = about
  const accepted = new Set<string>()
  const agent = new Agent({ connections: IN_FLIGHT, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS })
  const stopped = new AbortController()
  const pause = (ms: number) => delay(ms, undefined, { signal: stopped.signal }).catch(() => undefined)
  const startedAt = performance.now()
  const send = openSender({ apis, history, agent, stopped: stopped.signal })

  async function cancel(jobId: string, firstApi: number): Promise<void> {
    for (let attempt = 0; attempt < 20 && !stopped.signal.aborted; attempt++) {
      const api = (firstApi + attempt) % apis.length
      const status = await remove(apis[api] ?? '', jobId, agent)
      history.note({ what: 'cancel', jobId, api, status })
      if (status !== 0 && status !== 429 && status < 500) return
      await pause(300)
    }
  }

  async function submit(n: number): Promise<void> {
    const random = randomFrom(seed, 1_000_000 + n)
    const key = `torture-${seed}-${n}`
    const body = JSON.stringify(makeEncounter(seed, n))
    const api = random.integer(0, apis.length - 1)
    const jobId = await send({ n, key, firstApi: api, body })
    if (jobId === undefined) return
    accepted.add(jobId)
    if (random.fraction() < CANCELLED) await cancel(jobId, api)
    if (random.fraction() >= REPEATED) return
    await pause(random.integer(0, Math.min(20 * SECOND, overMs / 4)))
    await send({ n, key, firstApi: api + 1, body })
  }

  async function run(): Promise<void> {
    const underWay = new Set<Promise<void>>()
    let oneEnded = Promise.withResolvers<void>()
    for (let n = 0; n < encounters && !stopped.signal.aborted; n++) {
      const aheadMs = (n / encounters) * overMs - (performance.now() - startedAt)
      if (aheadMs > 5) await pause(aheadMs)
      // what waits to be sent again holds no place
      // not by Promise.race, which leaves something behind in all of them each time
      while (underWay.size >= IN_FLIGHT * 8) {
        oneEnded = Promise.withResolvers()
        await oneEnded.promise
      }
      const submitted: Promise<void> = submit(n).finally(() => {
        underWay.delete(submitted)
        oneEnded.resolve()
      })
      underWay.add(submitted)
    }
    await Promise.all(underWay)
  }

  const done = run()
  return {
    accepted,
    done,
    giveUp: () => stopped.abort(),
    async close() {
      stopped.abort()
      await agent.destroy()
      await done
    },
  }
}

async function remove(api: string, jobId: string, dispatcher: Agent): Promise<number> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS)
    const reply = await request(`${api}/api/v1/Jobs/${jobId}`, {
      method: 'DELETE',
      headers: asDemo,
      dispatcher,
      signal,
    })
    await reply.body.dump()
    return reply.statusCode
  } catch {
    return 0
  }
}
