import { encounterStatuses } from '@encounter-gateway/shared/contract/encounter-state.ts'
import { oneOf } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type } from '@sinclair/typebox'

/** The option of a connection that translates the EMR's own codes. */
export const StatusCodes = Type.Record(Type.String(), oneOf(encounterStatuses), {
  default: {},
  description: "R4's status by the EMR's own code in EncounterStatusId",
})
