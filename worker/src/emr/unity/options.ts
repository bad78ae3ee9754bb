import { encounterFieldPaths } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Type, type Static } from '@sinclair/typebox'
import { StatusCodes } from '../encounter-state/status-codes.ts'
import { BaseUrl } from '../http/exchange.ts'

const Word = (description: string) => Type.String({ minLength: 1, description })
const Action = (description: string, byDefault: string) =>
  Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$', default: byDefault, description })

const singleFields = encounterFieldPaths.filter((path) => !path.includes('*'))
const Parameter = (description: string) =>
  Type.Optional(Type.String({ pattern: `^(?!/)|^(${singleFields.join('|')})$`, description }))

/** The connector's own properties of a connection; docs/emr/unity.md describes them in detail. */
export const options = Type.Object({
  baseUrl: { ...BaseUrl, description: 'The URL of the service, such as https://unity.example/Unity/UnityService.svc' },
  appName: Word('Appname of the licence'),
  serviceUsername: Word('Username of the licence, for GetToken'),
  servicePassword: Word('Its Password'),
  action: Action('The action that creates an encounter', 'SaveSimpleEncounter'),
  parameter1: Parameter(
    'A field of the request, such as /Encounter/EncounterTypeId, or a text that begins differently',
  ),
  parameter2: Parameter('Likewise'),
  parameter3: Parameter('Likewise'),
  parameter4: Parameter('Likewise'),
  parameter5: Parameter('Likewise'),
  parameter6: Parameter('Likewise'),
  listAction: Action(
    'The action that lists the encounters of a patient; none if this Unity has no such action',
    'GetEncounterList',
  ),
  adoptUnmarked: Type.Boolean({
    default: false,
    description:
      'Whether the only encounter of the same patient, type and minute is taken for ours, although Unity shows no creation time',
  }),
  encounterType: Type.Optional(Word('Encounter type if the request has no EncounterTypeId')),
  statusCodes: StatusCodes,
  patientIdTypes: Type.Array(Word('A PatientIdType'), {
    default: [],
    description: "The values of PatientIdType that mark PatientId as the EMR's own number; any other is refused",
  }),
  timeZone: Type.Optional(
    Word("IANA name of the EMR's time zone, such as America/Chicago; without it times are sent as written"),
  ),
  dateTimeFormat: Type.Union([Type.Literal('us'), Type.Literal('iso')], {
    default: 'us',
    description: 'us: 12/31/2025 20:56:11; iso: 2025-12-31T20:56:11',
  }),
  sessionMinutes: Type.Integer({
    minimum: 1,
    maximum: 1_440,
    default: 15,
    description: "How long a token is used; Unity's own lasts 20 minutes",
  }),
})
export type Settings = Static<typeof options>
