import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { loginRefused, refused, type EmrError } from '../emr-error.ts'
import { faultOf } from '../http/status.ts'
import { jsonOf, type HttpAnswer } from '../http/exchange.ts'

/**
 * athenaOne's own errors: `{"error": "...", "missingfields": ["DEPARTMENTID"]}`. Those of its gateway are plain text.
 */
const Objection = Type.Object({ error: Type.Unknown(), missingfields: Type.Optional(Type.Array(Type.String())) })

const pointers: Record<string, string> = {
  departmentid: '/Encounter/Location',
  patientid: '/PatientId',
  orderingproviderid: '/Encounter/AttendingProviderId',
  appointmenttypeid: '/Encounter/EncounterTypeId',
  icd10codes: '/Encounter/ICD10DXCodeIds',
  notetext: '/Encounter/ReasonForVisit',
}

/** What an answer other than 200 means. Only the names of missing fields are read, since those are no free text. */
export function refusal(answer: HttpAnswer): EmrError {
  const { status } = answer
  if (status === 401) return loginRefused('gateway', "the EMR did not accept the gateway's token")
  if (status === 403) return refused(403)
  const objection = objectionIn(answer)
  // Without an error of athenaOne's own, a 404 comes from its gateway: the practice or the address is wrong, not the
  // content.
  if (status === 400 || status === 422 || ((status === 404 || status === 409) && objection)) {
    const named = objection?.missingfields?.map((name) => pointers[name.toLowerCase()]) ?? []
    return refused(400, {
      pointers: [...new Set(named.filter((pointer) => pointer !== undefined))],
    })
  }
  return faultOf(answer)
}

function objectionIn(answer: HttpAnswer) {
  try {
    const json = jsonOf(answer)
    return Value.Check(Objection, json) ? json : undefined
  } catch {
    return undefined
  }
}
