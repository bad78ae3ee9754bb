import { contradictionsIn } from '@encounter-gateway/shared/contract/encounter-state.ts'
import { repeatedNames } from '@encounter-gateway/shared/contract/repeated-names.ts'
import { unwritableTexts } from '@encounter-gateway/shared/contract/unwritable-text.ts'
import { compileExact } from '@encounter-gateway/shared/contract/compile.ts'
import { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { FieldError } from '@encounter-gateway/shared/contract/problem.ts'
import { describeErrors, type SchemaError } from '@encounter-gateway/shared/contract/validation-errors.ts'
import { isUtf8 } from 'node:buffer'

/**
 * Validates one line of a batch against the gateway's schema and returns every mistake, by JSON Pointer. No message
 * quotes a value. Does not detect missing credentials, or what only the EMR would refuse.
 */
export function checkItem(bytes: Buffer | undefined): FieldError[] {
  const whole = (Message: string) => [{ Pointer: '', Message }]
  if (!bytes) return whole('is larger than 1 MiB')
  if (!isUtf8(bytes)) return whole('is not valid UTF-8')
  const text = bytes.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    // the rest of V8's message quotes the text at that position
    const [, position] = /\bat position (\d+)/.exec(error instanceof Error ? error.message : '') ?? []
    return whole(`is not valid JSON: ${position ? `error at character ${Number(position) + 1}` : 'unexpected end'}`)
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
