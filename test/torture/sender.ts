import { setTimeout as delay } from 'node:timers/promises'
import { request, type Agent } from 'undici'
import { asDemo } from '../fixtures/processes.ts'
import type { History } from './history.ts'

const SECOND = 1000
/** For how long one answer is waited for. */
export const ANSWER_MS = 10 * SECOND
const LONGEST_WAIT_MS = 3 * SECOND

/** One request under an Idempotency-Key. `n` is its number, which only spreads its retries; `firstApi` the api that it goes to first. */
export type Sending = { n: number; key: string; firstApi: number; body: string }

/** How a client sends one request: until it is accepted or refused for good, over to the other api where one is away. */
export type Sender = (sending: Sending) => Promise<string | undefined>

/** `emrInstance`: of the connection, if it is not the default one. `mayExpire` is noted with each reply; see history.ts. */
export function openSender(about: {
  apis: string[]
  history: History
  agent: Agent
  stopped: AbortSignal
  emrInstance?: string
  mayExpire?: true
}): Sender {
  const { apis, history, agent, stopped, emrInstance, mayExpire } = about
  const headers = emrInstance === undefined ? {} : { emrinstance: emrInstance }
  return async ({ n, key, firstApi, body }) => {
    let api = firstApi % apis.length
    for (let attempt = 1; !stopped.aborted; attempt++) {
      history.note({ what: 'submit', key, api, try: attempt })
      const reply = await post(apis[api] ?? '', { 'idempotency-key': key, ...headers }, body, agent)
      history.note({ what: 'reply', key, api, try: attempt, ...reply, ...(mayExpire && { mayExpire }) })
      if (reply.status === 202) return reply.jobId
      if (reply.status !== 0 && reply.status !== 429 && reply.status < 500) return undefined
      if (reply.status !== 429) api = (api + 1) % apis.length
      const backoffMs = Math.min(100 * 2 ** Math.min(attempt, 5), LONGEST_WAIT_MS)
      const pauseMs = Math.max(backoffMs * (0.5 + ((n * 7 + attempt) % 10) / 20), (reply.retryAfterMs ?? 0) / 2)
      await delay(pauseMs, undefined, { signal: stopped }).catch(() => undefined)
    }
    return undefined
  }
}

type Reply = { status: number; jobId?: string; error?: string; retryAfterMs?: number }

async function post(api: string, headers: Record<string, string>, body: string, dispatcher: Agent): Promise<Reply> {
  try {
    const reply = await request(`${api}/api/v1/Sandbox/PatientEncounters`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...asDemo, ...headers },
      body,
      dispatcher,
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const { JobId, type } = (await reply.body.json()) as { JobId?: string; type?: string }
    const retryAfterMs = Number(reply.headers['retry-after'] ?? 0) * SECOND
    return {
      status: reply.statusCode,
      ...(JobId && { jobId: JobId }),
      ...(type && { error: type }),
      ...(retryAfterMs > 0 && reply.statusCode !== 202 && { retryAfterMs }),
    }
  } catch (error) {
    return { status: 0, error: codeOf(error) }
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
