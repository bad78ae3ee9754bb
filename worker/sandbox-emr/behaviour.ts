/** A refusal that creates nothing: an answer with this status. */
export const refusals = [400, 401, 403, 408, 429, 500, 502, 503] as const

/**
 * What can go wrong with a request: a refusal; the connection dropped without an answer before or after the encounter is
 * created; or a 502 although it is created, as a proxy gives when it loses the EMR's answer.
 */
export const faultNames = [...refusals, 'drop-before', 'drop-after', '502-after'] as const
export type Fault = (typeof faultNames)[number]

/** How one request is to be treated; `{}` is as well as can be. */
export type Behaviour = { fault?: Fault; answerAfterMs?: number }

/** Whether the encounter comes to be, whatever the client hears of it. */
export function creates(fault: Fault | undefined): boolean {
  return fault === undefined || fault === 'drop-after' || fault === '502-after'
}
