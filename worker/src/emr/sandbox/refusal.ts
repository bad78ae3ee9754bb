import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { loginRefused, refused, busy, noAnswer, brokenOff, unreadable, notAgreed, EmrError } from '../emr-error.ts'
import { jsonOf, type HttpAnswer } from '../http/exchange.ts'
import { pointersInto } from '../carried/pointers.ts'

const Objections = Type.Object({ Errors: Type.Array(Type.Object({ Pointer: Type.String() })) })

/**
 * The meaning of an answer without an encounter. The Sandbox EMR speaks the seed's codes, so they pass through
 * unchanged.
 */
export function refusal(answer: HttpAnswer): EmrError {
  const { status, writes, retryAfterMs } = answer
  // The Sandbox EMR sends no other 2xx, and yet something may have been created.
  if (status < 300) return unreadable(writes)
  switch (status) {
    case 400:
      return refused(400, { pointers: objectionsIn(answer) })
    case 401:
      return loginRefused()
    case 403:
      return refused(403)
    case 408:
      return noAnswer({ writes, answered: true, retryAfterMs })
    case 429:
      return busy(retryAfterMs)
    case 500:
      return new EmrError(500, 'the EMR failed')
  }
  if (status > 500) return brokenOff({ writes, answered: true, retryAfterMs })
  // A redirect or another 4xx: whatever answered, it is not the Sandbox EMR at this baseUrl.
  return notAgreed()
}

function objectionsIn(answer: HttpAnswer): string[] {
  try {
    const problem = jsonOf(answer)
    return Value.Check(Objections, problem) ? pointersInto(problem.Errors.map(({ Pointer }) => Pointer)) : []
  } catch {
    return [] // A refusal stays one, whatever it is wrapped in.
  }
}
