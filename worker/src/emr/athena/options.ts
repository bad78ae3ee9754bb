import { Type, type Static } from '@sinclair/typebox'
import { StatusCodes } from '../encounter-state/status-codes.ts'
import { BaseUrl } from '../http/exchange.ts'
import { Auth } from '../http/oauth2.ts'

const Id = (description: string) => Type.String({ minLength: 1, description })

/** The connector's own properties of a connection; docs/emr/athena.md tells them at length. */
export const options = Type.Object({
  baseUrl: { ...BaseUrl, description: 'Where /v1/{practiceid} begins: https://api.platform.athenahealth.com' },
  auth: Auth,
  practiceId: Type.String({ pattern: '^[0-9]{1,12}$', description: 'The practice, as in each path of the API' }),
  route: Type.Union([Type.Literal('order-group'), Type.Literal('appointment')], {
    default: 'order-group',
    description: 'How an encounter comes to be: by an order group, or by checking in an appointment',
  }),
  departmentId: Id('departmentid of encounters whose request names none'),
  departmentFrom: Type.Union([Type.Literal('UnitId'), Type.Literal('HospitalId'), Type.Literal('none')], {
    default: 'UnitId',
    description: 'Which part of Location is the departmentid',
  }),
  statusCodes: StatusCodes,
  patientIdTypes: Type.Array(Id('A PatientIdType'), {
    default: [],
    description: "The values of PatientIdType that say that PatientId is athena's own number; any other is refused",
  }),
  appointmentCustomField: Type.Optional(
    Id('FieldId of the custom field that has the appointmentid; EncounterAlias has it if this is left out'),
  ),
  appointmentTypeId: Type.Optional(
    Id('appointmenttypeid to book an open slot with where the request has no EncounterTypeId'),
  ),
  snomedCodes: Type.Record(Type.String(), Type.String({ pattern: '^[0-9]{6,18}$' }), {
    default: {},
    description: 'The snomedcode to send with an ICD-10 code, by that code',
  }),
  keyInNote: Type.Boolean({
    default: true,
    description: 'Whether the reason note of an order group ends with our key, by which the encounter is found again',
  }),
  adoptUnmarked: Type.Boolean({
    default: false,
    description:
      'Whether the only order group of that day that looks like ours, has no key yet and that nobody has worked on is taken for ours',
  }),
  searchBackDays: Type.Integer({
    minimum: 1,
    maximum: 60,
    default: 4,
    description: 'How many days back an order group is looked for',
  }),
  // Narrows the setting that all connections have: the queue counts jobs and athena counts requests.
  requestsPerSecond: Type.Integer({
    minimum: 1,
    maximum: 50,
    description: 'Jobs per second over all workers: the quota divided by the requests that a job takes',
  }),
})
export type Settings = Static<typeof options>
