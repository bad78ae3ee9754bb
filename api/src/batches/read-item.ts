import type { EmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import { compileExact } from '@encounter-gateway/shared/contract/compile.ts'
import { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { packPayload } from '@encounter-gateway/shared/sealing/payload.ts'
import type { RejectedItem } from '@encounter-gateway/shared/contract/batch.ts'
import type { PlainItem } from '@encounter-gateway/shared/records/item-records.ts'
import type { SchemaError } from '@encounter-gateway/shared/contract/validation-errors.ts'
import type { IncomingMessage } from 'node:http'
import { bytesToSeal } from '../encounters/accept-request.ts'
import { headOf } from '../http/header-parameters.ts'
import { parseJson } from '../http/json-body.ts'
import { Refusal } from '../http/refusal.ts'
import { checkedParameters } from '../encounters/read-parameters.ts'
import type { RawItem } from './split-items.ts'

/** The size limit of an item is that of a single request. */
export { BODY_LIMIT_BYTES as ITEM_LIMIT_BYTES } from '../http/json-body.ts'

/** The properties that all items of an upload share. */
export type UploadHead = {
  raw: Pick<IncomingMessage, 'headers' | 'rawHeaders'>
  emrSystem: EmrSystem
  emrInstance: string
}

/** An item about to be sealed: the payload of a job, or the reason for its rejection. */
export type ReadItem = PlainItem & { rejection?: RejectedItem }

/** Creates the function that validates an item and returns what to seal and store. */
export function itemReader(head: UploadHead): (item: RawItem, index: number) => ReadItem {
  const validate = compileExact(PatientEncounterRequest)

  function read({ bytes, tooLong }: RawItem): Buffer {
    if (tooLong) throw new Refusal('payload-too-large', 'The item is larger than 1 MiB.')
    const body = parseJson(bytes, 'The item')
    const errors = validate(body) ? undefined : (validate.errors as SchemaError[])
    const parameters = checkedParameters({ raw: head.raw, body, rawBody: bytes, errors }, head.emrSystem)
    if ((parameters.EmrInstance ?? head.emrInstance) !== head.emrInstance) {
      const Message = 'differs from that of the batch; send it as a header, and one batch for each EmrInstance'
      throw new Refusal('invalid-request', 'The item is for another EmrInstance.', {
        Errors: [{ Pointer: '/EmrInstance', Message }],
      })
    }
    const request = body as PatientEncounterRequest
    return packPayload(headOf(parameters), bytesToSeal({ body: request, rawBody: bytes }))
  }

  return (item, index) => {
    const { bytes, line } = item
    try {
      return { state: 'q', bytes, plain: read(item) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const rejection = { ItemIndex: index, ...(line !== undefined && { Line: line }), Problem: error.problem }
      return { state: 'r', bytes, plain: Buffer.from(JSON.stringify(rejection)), rejection }
    }
  }
}
