import { oneOf } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type, type Static } from '@sinclair/typebox'
import { PatientIdentifierSystems } from '../fhir-r4/patient.ts'
import { StatusCodes } from '../encounter-state/status-codes.ts'
import { Uri } from '../fhir-r4/values.ts'
import { BaseUrl } from '../http/exchange.ts'
import { Auth } from '../http/oauth2.ts'

const FIN_NBR = '1077'

const AliasType = (description: string, about: { default?: { code: string } } = {}) =>
  Type.Object(
    {
      system: Type.Optional(Uri('By default code set 319 of the tenant')),
      code: Type.String({ minLength: 1 }),
    },
    { additionalProperties: false, description, ...about },
  )

/** The connector's own properties of an entry of `connections[]`. */
export const options = Type.Object({
  baseUrl: { ...BaseUrl, description: 'https://fhir-ehr.cerner.com/r4/{tenant}' },
  auth: Auth,
  findBy: Type.Optional(
    oneOf(['identifier', 'patient-and-date'] as const, {
      description:
        'How an encounter is found again; by default by identifier if identifierSystem and identifierType are given',
    }),
  ),
  identifierSystem: Type.Optional(Uri('System of the alias pool for our JobIds')),
  identifierType: Type.Optional(AliasType('Encounter alias type of that pool')),
  financialNumberSystem: Type.Optional(Uri('System of the alias pool for a FinancialNumber; without it none is sent')),
  financialNumberType: AliasType('Encounter alias type of a FinancialNumber', { default: { code: FIN_NBR } }),
  encounterAliasSystem: Type.Optional(Uri('System of the alias pool for an EncounterAlias')),
  encounterAliasType: Type.Optional(AliasType('Encounter alias type of an EncounterAlias; without both none is sent')),
  codeSetBaseUrl: Type.Optional(
    Uri('Prefix of the systems of code sets; by default https://fhir.cerner.com/{tenant of the baseUrl}/codeSet/'),
  ),
  encounterTypeSystem: Type.Optional(
    Uri('System of EncounterTypeId instead of code set 71, such as http://snomed.info/sct'),
  ),
  statusCodes: StatusCodes,
  serviceProvider: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9.-]{1,64}$',
      description: "Id of the Organization if the request's Location has no id that Millennium could know",
    }),
  ),
  patientIdentifierSystems: PatientIdentifierSystems,
  diagnoses: oneOf(['reason-codes', 'never'] as const, {
    default: 'reason-codes',
    description: 'Whether ICD10DXCodeIds are sent as reasons of the encounter',
  }),
  coverages: oneOf(['after-encounter', 'never'] as const, {
    default: 'after-encounter',
    description: 'Whether insurances are sent as Coverages of the encounter; requires the scope for it',
  }),
  selfRelationshipCodes: Type.Array(Type.String(), {
    default: [],
    description:
      "The EMR's own codes that name the patient as the subscriber, in addition to SEL, SELF, ONESELF and 18",
  }),
})
export type CernerOptions = Static<typeof options>

/** The options with what follows from them. */
export type Site = CernerOptions & { codeSets: string; findsBy: 'identifier' | 'patient-and-date' }

/** Throws `RangeError` if the options select finding encounters by an identifier that they do not define. */
export function siteOf(options: CernerOptions): Site {
  const { identifierSystem, identifierType, findBy } = options
  const canIdentify = identifierSystem !== undefined && identifierType !== undefined
  if (findBy === 'identifier' && !canIdentify) {
    throw new RangeError('findBy "identifier" requires identifierSystem and identifierType')
  }
  const tenant = new URL(options.baseUrl).pathname.split('/').findLast((part) => part !== '') ?? ''
  return {
    ...options,
    codeSets: options.codeSetBaseUrl ?? `https://fhir.cerner.com/${tenant}/codeSet/`,
    findsBy: findBy ?? (canIdentify ? 'identifier' : 'patient-and-date'),
  }
}
