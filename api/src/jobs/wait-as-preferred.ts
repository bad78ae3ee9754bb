import { SECOND } from '@encounter-gateway/shared/durations.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readPreferences } from './preferences.ts'

const LONGEST_WAIT_S = 60

/** How long to wait, in seconds, and the value of `Preference-Applied`. */
export function wantedWait(request: FastifyRequest, defaultSeconds: number): { seconds: number; applied: string } {
  const { waitSeconds, respondAsync } = readPreferences(request.headers['prefer'])
  const asked = waitSeconds === undefined ? undefined : Math.min(waitSeconds, LONGEST_WAIT_S)
  const applied = [...(respondAsync ? ['respond-async'] : []), ...(asked === undefined ? [] : [`wait=${asked}`])].join(
    ', ',
  )
  return { seconds: asked ?? (respondAsync ? 0 : defaultSeconds), applied }
}

/**
 * Waits until the job has ended, at most as long as the `Prefer` header allows, or else `defaultSeconds`. Returns
 * `false` if it did not wait at all. Stops waiting when the caller disconnects.
 */
export async function waitAsPreferred(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  { jobId, defaultSeconds, ended = false }: { jobId: string; defaultSeconds: number; ended?: boolean },
): Promise<boolean> {
  const { seconds, applied } = wantedWait(request, defaultSeconds)
  if (seconds > 0 && !ended) {
    const gone = new AbortController()
    const hangUp = () => gone.abort()
    reply.raw.once('close', hangUp)
    if (reply.raw.destroyed) hangUp()
    const waited = await app.untilFinished(request.application, jobId, seconds * SECOND, gone.signal)
    reply.raw.off('close', hangUp)
    if (waited === 'unheld') return false
  }
  if (applied) reply.header('Preference-Applied', applied)
  return seconds > 0
}
