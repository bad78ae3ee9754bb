import { oneOf } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type, type Static } from '@sinclair/typebox'
import { vocabularies } from '../fhir-r4/codes.ts'
import { PatientIdentifierSystems } from '../fhir-r4/patient.ts'
import { StatusCodes } from '../encounter-state/status-codes.ts'
import { Uri } from '../fhir-r4/values.ts'
import { BaseUrl } from '../http/exchange.ts'
import { Auth } from '../http/oauth2.ts'

const systems = <const Field extends string>(fields: readonly Field[], description: string) =>
  Type.Partial(
    Type.Object(Object.fromEntries(fields.map((field) => [field, Uri('')])) as Record<Field, ReturnType<typeof Uri>>),
    {
      additionalProperties: false,
      default: {},
      description,
    },
  )

/** The connector's own properties of an entry of `connections[]`. */
export const options = Type.Object({
  baseUrl: BaseUrl,
  auth: Type.Optional(Auth),
  identifierSystem: Uri('The system of the identifier by which the encounter is found again; its value is the JobId', {
    default: 'urn:encounter-gateway:job',
  }),
  extensionBaseUrl: Uri('Prefix of the URLs of our own extensions; the name of the field follows', {
    default: 'urn:encounter-gateway:extension:',
  }),
  patientIdentifierSystems: PatientIdentifierSystems,
  otherPatientIdTypes: oneOf(['logical-reference', 'refuse'] as const, {
    default: 'logical-reference',
    description:
      'What to do with a PatientIdType that has no system above: refer to the patient by identifier, or refuse',
  }),
  statusCodes: StatusCodes,
  defaultClass: Type.Optional(
    oneOf(vocabularies.patientClass.codes, {
      description: 'The class of an encounter without PatientClassId; else UNK',
    }),
  ),
  codeSystems: systems(
    [
      'EncounterTypeId',
      'MedicalServiceId',
      'PatientClassId',
      'AdmitPriorityId',
      'AdmitSourceId',
      'ProviderType',
      'GuarantorRelationshipToPatientId',
      'PatientRelationshipToSubscriber',
      'SubscriberRelationshipToPatientId',
    ] as const,
    "The code system of the EMR's own codes, by field; if absent, codes of HL7 are recognised, others go without a system",
  ),
  identifierSystems: systems(
    [
      'ProviderId',
      'HospitalId',
      'UnitId',
      'RoomId',
      'BedId',
      'CompanyId',
      'GuarantorId',
      'FinancialNumber',
      'EncounterAlias',
      'PolicyNumber',
    ] as const,
    'The identifier system of an id, by field. Clinicians, places, payers and guarantors with one become resources of their own',
  ),
  transactions: oneOf(['auto', 'never'] as const, {
    default: 'auto',
    description:
      'Whether a transaction carries what is not in the Encounter itself, if the server declares that it accepts one',
  }),
  maxConditionalEntries: Type.Integer({
    minimum: 1,
    default: 1000,
    description:
      'Transactions with more entries than this are sent without conditional creates, after a search. Medplum: 8',
  }),
})
export type FhirOptions = Static<typeof options>
