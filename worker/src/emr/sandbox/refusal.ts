import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { EmrError } from '../emr.ts'
import { unreadable } from '../http/fault.ts'
import { jsonOf, type HttpAnswer } from '../http/exchange.ts'
import { pointersInto } from '../carried/pointers.ts'

const Objections = Type.Object({ Errors: Type.Array(Type.Object({ Pointer: Type.String() })) })

/** What an answer without an encounter means. The Sandbox EMR speaks the seed's codes, so they pass through as they are. */
export function refusal(answer: HttpAnswer): EmrError {
  const { status, writes, retryAfterMs } = answer
  // Another 2xx is no word of the Sandbox EMR's, and yet something may have been created.
  if (status < 300) return unreadable(writes)
  switch (status) {
    case 400:
      return new EmrError(400, 'the EMR did not accept the content', { pointers: objectionsIn(answer) })
    case 401:
      return new EmrError(401, 'the EMR did not accept the login')
    case 403:
      return new EmrError(403, 'the EMR does not allow this to the user')
    case 408:
      return new EmrError(408, 'the EMR did not answer in time', {
        outcomeUnknown: writes,
        answered: true,
        ...wait(retryAfterMs),
      })
    case 429:
      return new EmrError(502, 'the EMR takes no more requests for now', {
        outcomeUnknown: false,
        ...wait(retryAfterMs),
      })
    case 500:
      return new EmrError(500, 'the EMR failed')
  }
  if (status > 500)
    return new EmrError(502, 'the EMR could not do it', {
      outcomeUnknown: writes,
      answered: true,
      ...wait(retryAfterMs),
    })
  // A redirect or another 4xx: whatever answered, it is not the Sandbox EMR at this baseUrl.
  return new EmrError(502, 'the EMR answered as was not agreed', { outcomeUnknown: false, retry: false })
}

function wait(retryAfterMs: number | undefined) {
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}

function objectionsIn(answer: HttpAnswer): string[] {
  try {
    const problem = jsonOf(answer)
    return Value.Check(Objections, problem) ? pointersInto(problem.Errors.map(({ Pointer }) => Pointer)) : []
  } catch {
    return [] // A refusal stays one, whatever it is wrapped in.
  }
}
