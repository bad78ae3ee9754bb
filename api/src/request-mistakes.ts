import type { EmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import {
  mergeHeaderParameters,
  missingHeaderParameters,
  type MergedHeaderParameters,
} from '@encounter-gateway/shared/contract/header-parameters.ts'
import { headerParameters, PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { FieldError } from '@encounter-gateway/shared/contract/problem.ts'
import { describeErrors, type SchemaError } from '@encounter-gateway/shared/contract/validation-errors.ts'
import type { FastifyRequest } from 'fastify'
import { idempotencyKeyRule, readIdempotencyKey } from './idempotency-key.ts'
import { Refusal } from './refusal.ts'
import { unwritableTexts } from './unwritable-text.ts'

const MAX_LISTED = 200

/** What the headers, and the properties that stand for them, say beside the encounter. */
export type EncounterParameters = { parameters: MergedHeaderParameters; idempotencyKey: string | undefined }

/**
 * Brings the header parameters of a request together. Throws one 400 with every mistake there is: those of the body, those
 * of the header parameters, what this EMR needs and is not there, and the Idempotency-Key.
 */
export function readParameters(request: FastifyRequest, emrSystem: EmrSystem): EncounterParameters {
  const { Errors, ErrorsOmitted = 0 } = bodyMistakes(request)
  const { merged, errors } = mergeHeaderParameters(request.raw, parametersIn(request.body))
  const idempotency = readIdempotency(request)
  const others = [...missingHeaderParameters(emrSystem, merged), ...errors, ...idempotency.errors]
  if (Errors.length > 0 || others.length > 0) throw refusal([...others, ...Errors], ErrorsOmitted)
  return { parameters: merged, idempotencyKey: idempotency.key }
}

function bodyMistakes({ validationError, body, rawBody }: FastifyRequest): {
  Errors: FieldError[]
  ErrorsOmitted?: number
} {
  if (!validationError) return { Errors: unwritableTexts(body, rawBody) }
  return describeErrors(validationError.validation as SchemaError[], PatientEncounterRequest)
}

/** The header parameters of a body that may not be valid: only values that can be looked at. */
function parametersIn(body: unknown): object {
  if (typeof body !== 'object' || body === null) return {}
  const entries = Object.entries(body).filter(
    ([name, value]) => headerParameters.some((each) => each === name) && ['string', 'boolean'].includes(typeof value),
  )
  return Object.fromEntries(
    entries.filter(([name, value]) => (name === 'RequestVerboseLogging') === (typeof value === 'boolean')),
  )
}

function readIdempotency({ headers, raw }: FastifyRequest): { key?: string; errors: FieldError[] } {
  const header = headers['idempotency-key']
  if (header === undefined) return { errors: [] }
  const timesSent = raw.rawHeaders.filter(
    (text, index) => index % 2 === 0 && text.toLowerCase() === 'idempotency-key',
  ).length
  const key = timesSent === 1 ? readIdempotencyKey(header) : undefined
  if (key !== undefined) return { key, errors: [] }
  return { errors: [{ Pointer: '/Idempotency-Key', Message: `header \`Idempotency-Key\` ${idempotencyKeyRule}` }] }
}

/** One mistake per property, the last: what is wrong with a value says more than that a right one is missing. */
function refusal(mistakes: FieldError[], omitted: number): Refusal {
  const all = [...new Map(mistakes.map((mistake) => [mistake.Pointer, mistake])).values()]
  const Errors = all.slice(0, MAX_LISTED)
  const ErrorsOmitted = omitted + all.length - Errors.length
  const count = all.length + omitted
  const onlyHeader = all.every(({ Pointer }) => Pointer === '/Idempotency-Key')
  const detail = `There ${count === 1 ? 'is 1 mistake' : `are ${count} mistakes`} in the request; nothing was accepted.`
  const extra = { Errors, ...(ErrorsOmitted > 0 && { ErrorsOmitted }) }
  return new Refusal(onlyHeader ? 'invalid-header' : 'invalid-request', detail, extra)
}
