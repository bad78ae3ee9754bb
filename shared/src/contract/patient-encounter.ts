import { systemsWithoutLoginInWords } from './emr-system.ts'
import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { EncounterCreate } from './encounter-create.ts'
import sample from './sample-request.json' with { type: 'json' }
import {
  controlFreePattern,
  optional,
  optionalText,
  trueOrFalsePattern,
  visiblePattern,
  withoutNulls,
  type WithoutNulls,
} from './schema-forms.ts'

export { EncounterCreate } from './encounter-create.ts'
export { Address, CustomField, Insurance, Location, Phone, Provider } from './encounter-parts.ts'

/** The properties that should rather be sent as HTTP headers of the same name; a header takes precedence. */
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

/** The text header parameters; lengths are counted in Unicode characters. */
export const textParameters = {
  LoginId: controlFree(
    `The EMR user on whose behalf the encounter is created. Required for every EMR but ${systemsWithoutLoginInWords}. Sealed, never logged.`,
  ),
  Password: controlFree('The password for LoginId; required if LoginId is. Sealed, never logged.'),
  EmrInstance: controlFree('The configured connection of this EMR to use. Default `default`.'),
  ApplicationName: controlFree('Name of the calling application; requires ApplicationKey.'),
  ApplicationKey: controlFree('Key of the calling application; requires ApplicationName. Never stored or logged.'),
  AuthorizationToken: controlFree(
    'A token for the EMR, used in place of LoginId and Password if the EMR accepts one. Sealed, never logged.',
    8192,
  ),
}

const inBody = <Schema extends TSchema>(schema: Schema) =>
  optional(schema, { description: `${schema.description} Prefer the header of this name, which takes precedence.` })

/** The body of a request to create an encounter: the properties of the Unified Data Model, and no others. */
export const PatientEncounterRequest = Type.Object(
  {
    UserId: Type.String({
      minLength: 1,
      pattern: visiblePattern,
      description: 'The EMR user recorded as the author of the encounter.',
    }),
    PatientId: Type.String({
      minLength: 1,
      pattern: visiblePattern,
      description: 'The patient, who must already exist in the EMR.',
    }),
    PatientIdType: optionalText(
      'The type of PatientId (MRN, enterprise number, FHIR id), as a code of the EMR or HL7 table 0203.',
    ),
    Encounter: EncounterCreate,
    LoginId: inBody(textParameters.LoginId),
    Password: inBody(textParameters.Password),
    EmrInstance: inBody(textParameters.EmrInstance),
    ApplicationName: inBody(textParameters.ApplicationName),
    ApplicationKey: inBody(textParameters.ApplicationKey),
    AuthorizationToken: inBody(textParameters.AuthorizationToken),
    RequestVerboseLogging: inBody(
      Type.Unsafe<boolean | string>({
        type: ['boolean', 'string'],
        pattern: trueOrFalsePattern,
        description: '`true` enables verbose logging of this job, without patient data.',
      }),
    ),
    EMRSystem: Type.Optional(
      Type.Unsafe<number | string | null>({
        type: ['integer', 'string', 'null'],
        description:
          'May be left out, since the URL names the EMR. A name must be that of the URL; a number is ignored.',
      }),
    ),
  },
  {
    $id: 'PatientEncounterRequest',
    description: 'An encounter to create. A `null` property counts as absent, unless it is required.',
    additionalProperties: false,
    examples: [sample],
  },
)
export type PatientEncounterRequest = Static<typeof PatientEncounterRequest>

/** The request as passed to connectors: without `null` properties, header parameters and EMRSystem. */
export type PatientEncounter = WithoutNulls<Omit<PatientEncounterRequest, HeaderParameter | 'EMRSystem'>>

/** Returns the part of a valid request that connectors receive. Does not change the request. */
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
 * Every value that an encounter can carry, as JSON Pointers in the order of the schema, with `*` for the items of an
 * array: `/Encounter/Location/BedId`, `/Encounter/ICD10DXCodeIds/*`. There are 82.
 */
export const encounterFieldPaths: readonly string[] = leafPaths(PatientEncounterRequest, '').filter(
  (path) => !isHeaderParameter(path),
)
