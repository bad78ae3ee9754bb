import { contradictionsIn } from '@encounter-gateway/shared/contract/encounter-state.ts'
import { repeatedNames } from '@encounter-gateway/shared/contract/repeated-names.ts'
import { unwritableTexts } from '@encounter-gateway/shared/contract/unwritable-text.ts'
import { compileExact } from '@encounter-gateway/shared/contract/compile.ts'
import { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { FieldError } from '@encounter-gateway/shared/contract/problem.ts'
import { describeErrors, type SchemaError } from '@encounter-gateway/shared/contract/validation-errors.ts'
import { isUtf8 } from 'node:buffer'

/** As many bytes as the gateway takes for one encounter. */
export const ITEM_LIMIT_BYTES = 1024 * 1024

/**
 * What the gateway would find wrong with one line of a batch: every mistake, by JSON Pointer, by the same schema. No message quotes a
 * value. What it cannot see from here is whether credentials are missing, and what the EMR itself will say.
 */
export function checkItem(bytes: Buffer | undefined): FieldError[] {
  const whole = (Message: string) => [{ Pointer: '', Message }]
  if (!bytes) return whole('has more than 1 MiB')
  if (!isUtf8(bytes)) return whole('is not valid UTF-8')
  const text = bytes.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    // the rest of V8's message quotes what stands there
    const [, position] = /\bat position (\d+)/.exec(error instanceof Error ? error.message : '') ?? []
    return whole(`stops being JSON ${position ? `at character ${Number(position) + 1}` : 'at its end'}`)
  }
  const repeated = repeatedNames(text, value)
  if (repeated.length > 0) return repeated
  const validate = compileExact(PatientEncounterRequest)
  if (validate(value)) {
    const { Encounter } = value as PatientEncounterRequest
    return [...unwritableTexts(value, bytes), ...contradictionsIn(Encounter, { now: Date.now() })]
  }
  return describeErrors(validate.errors as SchemaError[], PatientEncounterRequest).Errors
}
