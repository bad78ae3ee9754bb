import type { EmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import {
  mergeHeaderParameters,
  missingHeaderParameters,
  type MergedHeaderParameters,
} from '@encounter-gateway/shared/contract/header-parameters.ts'
import type { FieldError } from '@encounter-gateway/shared/contract/problem.ts'
import type { Payload } from '@encounter-gateway/shared/sealing/payload.ts'
import type { FastifyRequest } from 'fastify'
import { Refusal } from './refusal.ts'

const MAX_LISTED = 200

/** Returns the header parameters of a request from its headers alone. Throws a 400 with their mistakes. */
export function headerParametersOf(request: FastifyRequest): MergedHeaderParameters {
  const { merged, errors } = mergeHeaderParameters(request.raw)
  if (errors.length > 0) throw refusalOf(errors, 0)
  return merged
}

/** Throws a 400 that names the header parameters that this EMR requires and that are missing. */
export function requireAll(parameters: MergedHeaderParameters, emrSystem: EmrSystem): void {
  const errors = missingHeaderParameters(emrSystem, parameters)
  if (errors.length > 0) throw refusalOf(errors, 0)
}

/** The part of a payload other than the request. */
export function headOf({
  LoginId,
  Password,
  AuthorizationToken,
  RequestVerboseLogging,
}: MergedHeaderParameters): Omit<Payload, 'request'> {
  const credentials = {
    ...(LoginId && { loginId: LoginId }),
    ...(Password && { password: Password }),
    ...(AuthorizationToken && { authorizationToken: AuthorizationToken }),
  }
  return { credentials, verbose: RequestVerboseLogging ?? false }
}

/** A 400 for these mistakes of a request. Keeps one per property, the last: an invalid value is more informative than a missing one. */
export function refusalOf(mistakes: FieldError[], omitted: number): Refusal {
  const all = [...new Map(mistakes.map((mistake) => [mistake.Pointer, mistake])).values()]
  const Errors = all.slice(0, MAX_LISTED)
  const ErrorsOmitted = omitted + all.length - Errors.length
  const count = all.length + omitted
  const onlyHeader = all.every(({ Pointer }) => Pointer === '/Idempotency-Key')
  const detail = `There ${count === 1 ? 'is 1 mistake' : `are ${count} mistakes`} in the request; nothing was accepted.`
  const extra = { Errors, ...(ErrorsOmitted > 0 && { ErrorsOmitted }) }
  return new Refusal(onlyHeader ? 'invalid-header' : 'invalid-request', detail, extra)
}
