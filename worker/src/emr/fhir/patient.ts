import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { Reference } from 'fhir/r4.js'
import { refused } from '../emr-error.ts'
import { namedPatient, unknownPatientIdType } from '../fhir-r4/patient.ts'
import { withoutUnusable } from '../fhir-r4/values.ts'
import type { FhirOptions } from './options.ts'

/**
 * The reference to the patient, or the identifier under which the server knows one. Throws `EmrError` 400 for a
 * PatientId that FHIR cannot represent, and for an unknown PatientIdType if the connection refuses those.
 */
export function patientReference(
  encounter: PatientEncounter,
  options: Pick<FhirOptions, 'patientIdentifierSystems' | 'otherPatientIdTypes'>,
): { reference: Reference } | { system: string; value: string } {
  if (withoutUnusable(encounter).unusable.includes('/PatientId')) {
    throw refused(400, { because: 'the PatientId cannot be expressed in FHIR', pointers: ['/PatientId'] })
  }
  const named = namedPatient(encounter, options.patientIdentifierSystems)
  if (named.by === 'id') return { reference: { reference: `Patient/${named.id}` } }
  if (named.by === 'identifier') return named
  const { PatientId: value, PatientIdType } = encounter
  if (options.otherPatientIdTypes === 'refuse') throw unknownPatientIdType(encounter)
  const type = PatientIdType === undefined ? {} : { type: { text: PatientIdType } }
  return { reference: { type: 'Patient', identifier: { ...type, value } } }
}
