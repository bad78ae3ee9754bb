import { parseEmrSystem, type EmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import {
  mergeHeaderParameters,
  missingHeaderParameters,
  type MergedHeaderParameters,
} from '@encounter-gateway/shared/contract/header-parameters.ts'
import {
  headerParameters,
  PatientEncounterRequest,
  type HeaderParameter,
} from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { FieldError } from '@encounter-gateway/shared/contract/problem.ts'
import { contradictionsIn } from '@encounter-gateway/shared/contract/encounter-state.ts'
import { unwritableTexts } from '@encounter-gateway/shared/contract/unwritable-text.ts'
import { describeErrors, type SchemaError } from '@encounter-gateway/shared/contract/validation-errors.ts'
import type { FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { idempotencyKeyRule, readIdempotencyKey } from './idempotency-key.ts'
import { refusalOf } from '../http/header-parameters.ts'

/** The parameters of a request other than the encounter, from headers and body. */
export type EncounterParameters = { parameters: MergedHeaderParameters; idempotencyKey: string | undefined }

/**
 * Reads the header parameters of a request. Throws one 400 with every mistake in the request: in the body, in the
 * header parameters, missing parameters that this EMR requires, and the Idempotency-Key.
 */
export function readParameters(request: FastifyRequest, emrSystem: EmrSystem): EncounterParameters {
  const { raw, body, rawBody, validationError } = request
  const errors = validationError?.validation as SchemaError[] | undefined
  const idempotency = readIdempotency(request)
  const parameters = checkedParameters({ raw, body, rawBody, errors }, emrSystem, idempotency.errors)
  return { parameters, idempotencyKey: idempotency.key }
}

/** A body with Ajv's errors, and the headers of its request. */
export type CheckedBody = {
  raw: Pick<IncomingMessage, 'headers' | 'rawHeaders'>
  body: unknown
  rawBody: Buffer | undefined
  errors: SchemaError[] | undefined
}

/** Returns the header parameters of a body. Throws one 400 with every mistake, including those in `more`. */
export function checkedParameters(
  { raw, body, rawBody, errors }: CheckedBody,
  emrSystem: EmrSystem,
  more: FieldError[] = [],
): MergedHeaderParameters {
  const merging = mergeHeaderParameters(raw, parametersIn(body))
  const others = [...missingHeaderParameters(emrSystem, merging.merged), ...merging.errors, ...more]
  const { Errors, ErrorsOmitted = 0 } = errors
    ? describeErrors(errors, PatientEncounterRequest)
    : {
        Errors: [
          ...otherEmr(body as PatientEncounterRequest, emrSystem),
          ...unwritableTexts(body, rawBody),
          ...contradictions(body as PatientEncounterRequest),
        ],
      }
  if (Errors.length > 0 || others.length > 0) throw refusalOf([...others, ...Errors], ErrorsOmitted)
  return merging.merged
}

/** A request that names another EMR than its URL was sent to the wrong one of the two. */
function otherEmr({ EMRSystem }: PatientEncounterRequest, emrSystem: EmrSystem): FieldError[] {
  if (typeof EMRSystem !== 'string' || /^\s*\d*\s*$/.test(EMRSystem)) return []
  const named = parseEmrSystem(EMRSystem)
  if (named === emrSystem) return []
  const Message = `names ${named ?? 'something else'}, but the URL names ${emrSystem}`
  return [{ Pointer: '/EMRSystem', Message }]
}

/** The contradictions within an encounter, judged by the codes that all EMRs share. */
function contradictions({ Encounter }: PatientEncounterRequest): FieldError[] {
  return contradictionsIn(Encounter, { now: Date.now() })
}

/** Returns the Idempotency-Key of a request. Throws a 400 if it is invalid. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const { key, errors } = readIdempotency(request)
  if (errors.length > 0) throw refusalOf(errors, 0)
  return key
}

/** The header parameters in a body that may be invalid: only values of the right type. */
function parametersIn(body: unknown): object {
  if (typeof body !== 'object' || body === null) return {}
  const found: Partial<Record<HeaderParameter, unknown>> = {}
  for (const name of headerParameters) {
    const value = (body as typeof found)[name]
    if (typeof value === 'string' || (name === 'RequestVerboseLogging' && typeof value === 'boolean'))
      found[name] = value
  }
  return found
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
