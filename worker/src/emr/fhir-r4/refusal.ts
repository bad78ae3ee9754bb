import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { loginRefused, refused, brokenOff, notAgreed, type EmrError } from '../emr-error.ts'
import { jsonOf, type HttpAnswer } from '../http/exchange.ts'
import { faultOf } from '../http/status.ts'

const OperationOutcome = Type.Object({
  resourceType: Type.Literal('OperationOutcome'),
  issue: Type.Array(
    Type.Object({
      severity: Type.String(),
      expression: Type.Optional(Type.Array(Type.String())),
      location: Type.Optional(Type.Array(Type.String())),
    }),
  ),
})

/**
 * What a FHIR server's answer without an encounter means (docs/emr/fhir.md, "What its answers become"). `pointersTo`
 * finds the request's own fields for the elements that the OperationOutcome names; nothing else of it is used, since
 * its texts may quote the patient.
 */
export function refusalOf(answer: HttpAnswer, pointersTo: (expressions: string[]) => string[] = () => []): EmrError {
  const { status, writes } = answer
  if (status === 401) return loginRefused()
  if (status === 403) return refused(403)
  // A refused question was put wrongly by us or by the configuration: the content is not at fault.
  if (!writes) return faultOf(answer)
  const expressions = elementsIn(answer)
  if (status === 400 || status === 422 || status === 413 || (status === 404 && expressions)) {
    return refused(400, { pointers: pointersTo(expressions ?? []) })
  }
  if (status === 409 || status === 423) {
    return brokenOff({ writes: false }, 'the EMR has locked something that the encounter needs')
  }
  if (status === 412) {
    return notAgreed('the EMR has several records where one was expected')
  }
  return faultOf(answer)
}

/** The elements at fault, as FHIRPath; `undefined` if the answer is not an OperationOutcome. */
function elementsIn(answer: HttpAnswer): string[] | undefined {
  try {
    const outcome = jsonOf(answer)
    if (!Value.Check(OperationOutcome, outcome)) return undefined
    return outcome.issue
      .filter(({ severity }) => severity === 'error' || severity === 'fatal')
      .flatMap(({ expression, location }) => expression ?? location?.map(fromXPath) ?? [])
  } catch {
    return undefined // A refusal stays one, whatever it is wrapped in.
  }
}

/** `location` is XPath in older servers: `/f:Encounter/f:participant[2]`, counting from 1. */
function fromXPath(location: string): string {
  if (!location.startsWith('/')) return location
  const counted = location.replaceAll(/\[(\d+)\]/g, (_all, index: string) => `[${Number(index) - 1}]`)
  return counted.replaceAll('/f:', '.').slice(1)
}
