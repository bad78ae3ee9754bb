import { systemsWithoutLoginInWords } from './emr-system.ts'
import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { EncounterCreate } from './encounter-create.ts'
import sample from './sample-request.json' with { type: 'json' }
import { controlFreePattern, optional, optionalText, withoutNulls, type WithoutNulls } from './schema-forms.ts'

export { EncounterCreate } from './encounter-create.ts'
export { Address, CustomField, Insurance, Location, Phone, Provider } from './encounter-parts.ts'

/** The properties that are better sent as HTTP headers of the same name; a header wins over the property. */
export const headerParameters = [
  'LoginId',
  'Password',
  'EmrInstance',
  'ApplicationName',
  'ApplicationKey',
  'AuthorizationToken',
  'RequestVerboseLogging',
] as const
export type HeaderParameter = (typeof headerParameters)[number]

const controlFree = (description: string, maxLength = 1024) =>
  Type.String({ maxLength, pattern: controlFreePattern, description })

/** The header parameters that are texts; their lengths are counted in Unicode characters. */
export const textParameters = {
  LoginId: controlFree(
    `The EMR user on whose behalf the encounter is created. Required for every EMR but ${systemsWithoutLoginInWords}. Sealed, never logged.`,
  ),
  Password: controlFree('The password that goes with LoginId; required where LoginId is. Sealed, never logged.'),
  EmrInstance: controlFree('Which of the configured connections of this EMR to use; `default` if left out.'),
  ApplicationName: controlFree('The application that calls the gateway; goes with ApplicationKey.'),
  ApplicationKey: controlFree('The key of that application; goes with ApplicationName. Never stored or logged.'),
  AuthorizationToken: controlFree(
    'A token for the EMR, used in place of LoginId and Password where the EMR takes one. Sealed, never logged.',
    8192,
  ),
}

const inBody = <Schema extends TSchema>(schema: Schema) =>
  optional(schema, { description: `${schema.description} Better sent as a header of this name, which wins.` })

/** The body of a request to create an encounter: every property of the Unified Data Model, and nothing else. */
export const PatientEncounterRequest = Type.Object(
  {
    UserId: Type.String({ minLength: 1, description: 'The EMR user who counts as the author of the encounter.' }),
    PatientId: Type.String({ minLength: 1, description: 'The patient, who must be known to the EMR already.' }),
    PatientIdType: optionalText(
      'What kind of identifier PatientId is (MRN, enterprise number, FHIR id), as a code of the EMR or HL7 table 0203.',
    ),
    Encounter: EncounterCreate,
    LoginId: inBody(textParameters.LoginId),
    Password: inBody(textParameters.Password),
    EmrInstance: inBody(textParameters.EmrInstance),
    ApplicationName: inBody(textParameters.ApplicationName),
    ApplicationKey: inBody(textParameters.ApplicationKey),
    AuthorizationToken: inBody(textParameters.AuthorizationToken),
    RequestVerboseLogging: inBody(
      Type.Boolean({ description: '`true` logs more about this one job, without patient data.' }),
    ),
    EMRSystem: Type.Optional(
      Type.Unsafe<number | string | null>({
        type: ['integer', 'string', 'null'],
        description: 'Not read, since the URL names the EMR; taken because clients send it.',
      }),
    ),
  },
  {
    $id: 'PatientEncounterRequest',
    description: 'An encounter to create. A property that is `null` counts as left out, unless it is required.',
    additionalProperties: false,
    examples: [sample],
  },
)
export type PatientEncounterRequest = Static<typeof PatientEncounterRequest>

/** The request as connectors see it: what is `null` is left out, and so are the header parameters and EMRSystem. */
export type PatientEncounter = WithoutNulls<Omit<PatientEncounterRequest, HeaderParameter | 'EMRSystem'>>

/** Takes out of a valid request what a connector is to see. The request is not changed. */
export function takeEncounter(request: PatientEncounterRequest): PatientEncounter {
  const {
    LoginId: _login,
    Password: _password,
    EmrInstance: _instance,
    ApplicationName: _application,
    ApplicationKey: _key,
    AuthorizationToken: _token,
    RequestVerboseLogging: _verbose,
    EMRSystem: _system,
    ...encounter
  } = request
  return withoutNulls(encounter)
}

function leafPaths(schema: TSchema, path: string): string[] {
  if (schema['items']) return leafPaths(schema['items'], `${path}/*`)
  if (!schema['properties']) return [path]
  return Object.entries<TSchema>(schema['properties']).flatMap(([name, property]) =>
    leafPaths(property, `${path}/${name}`),
  )
}

const isHeaderParameter = (path: string) =>
  path === '/EMRSystem' || headerParameters.some((name) => path === `/${name}`)

/**
 * Every value an encounter can carry, as JSON Pointers in the order of the schema, `*` standing for each item of an
 * array: `/Encounter/Location/BedId`, `/Encounter/ICD10DXCodeIds/*`. 82 of them.
 */
export const encounterFieldPaths: readonly string[] = leafPaths(PatientEncounterRequest, '').filter(
  (path) => !isHeaderParameter(path),
)
