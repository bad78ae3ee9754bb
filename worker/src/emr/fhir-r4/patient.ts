import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Type } from '@sinclair/typebox'
import type { EmrCall, EmrCredentials } from '../emr.ts'
import { refused, type EmrError } from '../emr-error.ts'
import { FORM, type FhirExchange } from './exchange.ts'
import { isFhirId, Uri } from './values.ts'

/** The option of a connection for identifying patients other than by the id of their resource. */
export const PatientIdentifierSystems = Type.Record(Type.String(), Uri('A system of patient identifiers'), {
  default: {},
  description: 'The identifier system that each PatientIdType stands for, such as {"MRN": "urn:oid:1.2.3"}',
})

/** How a request names its patient. */
export type NamedPatient =
  | { by: 'id'; id: string }
  | { by: 'identifier'; system: string; value: string }
  | { by: 'unknown type' }

/**
 * By the id of the Patient resource if PatientIdType is absent or names it (`FHIR`, `FHIR id`); by an identifier if the
 * connection knows the system for the type. A PatientId of any other type is never taken as an id: it could be another
 * patient's.
 */
export function namedPatient(
  { PatientId: id, PatientIdType: type }: PatientEncounter,
  systems: Record<string, string>,
): NamedPatient {
  if (type !== undefined && Object.hasOwn(systems, type)) {
    return { by: 'identifier', system: systems[type] ?? '', value: id }
  }
  const isId = type === undefined || /^fhir([ _-]?id)?$/i.test(type)
  return isId && isFhirId(id) ? { by: 'id', id } : { by: 'unknown type' }
}

/** Refuses a request that names its patient in a way that the connection does not know. */
export function unknownPatientIdType({ PatientIdType }: PatientEncounter): EmrError {
  const pointers = [PatientIdType === undefined ? '/PatientId' : '/PatientIdType']
  return refused(400, { because: 'this connection cannot identify a patient in this way', pointers })
}

const PatientResource = Type.Object({
  resourceType: Type.Literal('Patient'),
  id: Type.String({ pattern: '^[A-Za-z0-9.-]{1,64}$' }),
})

/**
 * Looks up the id of the patient with an identifier: by POST if the server accepts that, since a URL with a patient's
 * number in it stays in logs. Throws `EmrError` 400 if there is not exactly one.
 */
export async function findPatient(
  fhir: FhirExchange,
  { system, value, by }: { system: string; value: string; by: 'GET' | 'POST' },
  credentials: EmrCredentials,
  call: EmrCall,
): Promise<string> {
  const query = { identifier: token(system, value) }
  const body = new URLSearchParams(query).toString()
  const request =
    by === 'GET'
      ? ({ method: 'GET', path: 'Patient', query } as const)
      : ({ method: 'POST', path: 'Patient/_search', body, headers: { 'content-type': FORM } } as const)
  const [first, ...others] = await fhir.search(request, PatientResource, credentials, call)
  if (!first) throw noSuchPatient()
  if (others.length > 0) throw refused(400, { because: 'the EMR has several such patients', pointers: ['/PatientId'] })
  return first.id
}

/** Reads a patient by reference. Throws `EmrError` 400 if the server reports that there is none (any more). */
export async function patientExists(
  fhir: FhirExchange,
  reference: string,
  credentials: EmrCredentials,
  call: EmrCall,
): Promise<void> {
  const { status } = await fhir.send({ method: 'GET', path: reference, writes: false }, credentials, call)
  if (status === 404 || status === 410) throw noSuchPatient()
}

function noSuchPatient(): EmrError {
  return refused(400, { because: 'the EMR has no such patient', pointers: ['/PatientId'] })
}

/**
 * `system|value` as a search parameter of type token, with separators escaped (R4, 3.1.1.4.0.1); not yet
 * percent-encoded.
 */
export function token(system: string, value: string): string {
  const escaped = (text: string) => text.replaceAll(/[\\|,$]/g, String.raw`\$&`)
  return `${escaped(system)}|${escaped(value)}`
}

/**
 * A query of one identifier in the form for `If-None-Exist` and a conditional reference: percent-encoded where
 * required.
 */
export function identifierQuery(system: string, value: string): string {
  const encoded = encodeURIComponent(token(system, value))
  return `identifier=${encoded.replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%7C', '|')}`
}
