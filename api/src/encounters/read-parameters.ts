import type { EmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
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
import { Refusal } from '../http/refusal.ts'

const MAX_LISTED = 200

/** What the headers, and the properties that stand for them, say beside the encounter. */
export type EncounterParameters = { parameters: MergedHeaderParameters; idempotencyKey: string | undefined }

/**
 * Brings the header parameters of a request together. Throws one 400 with every mistake there is: those of the body, those
 * of the header parameters, what this EMR needs and is not there, and the Idempotency-Key.
 */
export function readParameters(request: FastifyRequest, emrSystem: EmrSystem): EncounterParameters {
  const { raw, body, rawBody, validationError } = request
  const errors = validationError?.validation as SchemaError[] | undefined
  const idempotency = readIdempotency(request)
  const parameters = checkedParameters({ raw, body, rawBody, errors }, emrSystem, idempotency.errors)
  return { parameters, idempotencyKey: idempotency.key }
}

/** A body with what Ajv found wrong with it, and the headers it came with. */
export type CheckedBody = {
  raw: Pick<IncomingMessage, 'headers' | 'rawHeaders'>
  body: unknown
  rawBody: Buffer | undefined
  errors: SchemaError[] | undefined
}

/** The header parameters that go with a body. Throws one 400 with every mistake there is, `more` of them found elsewhere. */
export function checkedParameters(
  { raw, body, rawBody, errors }: CheckedBody,
  emrSystem: EmrSystem,
  more: FieldError[] = [],
): MergedHeaderParameters {
  const merging = mergeHeaderParameters(raw, parametersIn(body))
  const others = [...missingHeaderParameters(emrSystem, merging.merged), ...merging.errors, ...more]
  const { Errors, ErrorsOmitted = 0 } = errors
    ? describeErrors(errors, PatientEncounterRequest)
    : { Errors: [...unwritableTexts(body, rawBody), ...contradictions(body as PatientEncounterRequest)] }
  if (Errors.length > 0 || others.length > 0) throw refusal([...others, ...Errors], ErrorsOmitted)
  return merging.merged
}

/** What cannot be true of one encounter, in the words that all EMRs have in common. */
function contradictions({ Encounter }: PatientEncounterRequest): FieldError[] {
  return contradictionsIn(Encounter, { now: Date.now() })
}

/** The header parameters of a request whose body is not known, or has none. Throws a 400 with what is wrong with them. */
export function headerParametersOf(request: FastifyRequest): MergedHeaderParameters {
  const { merged, errors } = mergeHeaderParameters(request.raw)
  if (errors.length > 0) throw refusal(errors, 0)
  return merged
}

/** The Idempotency-Key of a request that has nothing else to be checked. Throws a 400 if it breaks the rule. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const { key, errors } = readIdempotency(request)
  if (errors.length > 0) throw refusal(errors, 0)
  return key
}

/** The header parameters of a body that may not be valid: only values that can be looked at. */
function parametersIn(body: unknown): object {
  if (typeof body !== 'object' || body === null) return {}
  const found: Partial<Record<HeaderParameter, unknown>> = {}
  for (const name of headerParameters) {
    const value = (body as typeof found)[name]
    if (typeof value === (name === 'RequestVerboseLogging' ? 'boolean' : 'string')) found[name] = value
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
