import type { AddressRules } from '@encounter-gateway/shared/webhooks/public-address.ts'
import { Agent } from 'undici'
import { retryAfterMs } from '../emr/http/exchange.ts'
import { AddressNotAllowed, guardedConnector, type ClientCertificate } from './address-guard.ts'

const SECOND = 1000
/** From the first byte of the connection to the last byte of the answer; Standard Webhooks advises 15 to 30 s. */
const TIMEOUT_MS = 15 * SECOND
/** No more of an answer's body is read: the status is enough, and nobody needs to see a body. */
const BODY_MS = SECOND
const MAX_ANSWER_BYTES = 64 * 1024

/** The result of one POST. `cause` is an error code such as ECONNREFUSED. */
export type Answer =
  | { kind: 'answered'; status: number; retryAfterMs: number | undefined }
  | { kind: 'timedOut' }
  | { kind: 'notReached'; cause?: string }
  | { kind: 'notAllowed' }
  | { kind: 'interrupted' }

/** The sockets that webhooks are sent through. */
export type WebhookSender = {
  /**
   * Posts once, follows no redirect, and settles within the time-out. Throws only if the URL, a header or the
   * certificate is invalid.
   */
  post(url: string, headers: Record<string, string>, body: string, certificate?: ClientCertificate): Promise<Answer>
  close(): Promise<void>
}

/** Opens nothing yet. When `stopping` aborts, so does every POST under way. */
export function openWebhookSender(about: {
  rules: AddressRules
  stopping: AbortSignal
  timeoutMs?: number
}): WebhookSender {
  const { rules, stopping, timeoutMs = TIMEOUT_MS } = about
  // An endpoint's sockets are its own if it has a certificate. Certificates that were replaced are few.
  const agents = new Map<string, Agent>()
  const agentFor = (certificate: ClientCertificate | undefined) => {
    const name = certificate ? certificate.certificate + certificate.key : ''
    const known = agents.get(name)
    if (known) return known
    const agent = new Agent({
      connect: guardedConnector(rules, certificate),
      // The signal bounds the whole exchange; undici's own limits restart with every byte, so a slow drip outlives them.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    })
    agents.set(name, agent)
    return agent
  }
  return {
    async post(url, headers, body, certificate) {
      const { origin, pathname, search } = new URL(url)
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(timeoutMs)])
      try {
        const answer = await agentFor(certificate).request({
          origin,
          path: pathname + search,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'encounter-gateway', ...headers },
          body,
          signal,
        })
        // The status has arrived, so the answer stands however the body ends; a body that drips holds up nobody.
        const enough = AbortSignal.any([signal, AbortSignal.timeout(BODY_MS)])
        await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal: enough }).catch(() => {})
        const { 'retry-after': retryAfter } = answer.headers
        return {
          kind: 'answered',
          status: answer.statusCode,
          retryAfterMs: retryAfterMs(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, Date.now()),
        }
      } catch (error) {
        if (stopping.aborted) return { kind: 'interrupted' }
        if (signal.aborted) return { kind: 'timedOut' }
        if (error instanceof AddressNotAllowed) return { kind: 'notAllowed' }
        const cause = codeOf(error)
        if (cause === 'UND_ERR_INVALID_ARG') throw error
        return { kind: 'notReached', ...(cause && { cause }) }
      }
    },
    async close() {
      await Promise.all(Array.from(agents.values(), (agent) => agent.destroy()))
    },
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
