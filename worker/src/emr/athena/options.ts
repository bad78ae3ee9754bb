import { Type, type Static } from '@sinclair/typebox'
import { StatusCodes } from '../encounter-state/status-codes.ts'
import { BaseUrl } from '../http/exchange.ts'
import { Auth } from '../http/oauth2.ts'

const Id = (description: string) => Type.String({ minLength: 1, description })

/** The connector's own properties of a connection; docs/emr/athena.md describes them in detail. */
export const options = Type.Object({
  baseUrl: { ...BaseUrl, description: 'Where /v1/{practiceid} begins: https://api.platform.athenahealth.com' },
  auth: Auth,
  practiceId: Type.String({ pattern: '^[0-9]{1,12}$', description: 'The practice id, as in each path of the API' }),
  route: Type.Union([Type.Literal('order-group'), Type.Literal('appointment')], {
    default: 'order-group',
    description: 'How an encounter is created: by an order group, or by checking in an appointment',
  }),
  departmentId: Id('departmentid of encounters if the request names none'),
  departmentFrom: Type.Union([Type.Literal('UnitId'), Type.Literal('HospitalId'), Type.Literal('none')], {
    default: 'UnitId',
    description: 'The part of Location that is the departmentid',
  }),
  statusCodes: StatusCodes,
  patientIdTypes: Type.Array(Id('A PatientIdType'), {
    default: [],
    description: "The values of PatientIdType that mark PatientId as athena's own number; any other is refused",
  }),
  appointmentCustomField: Type.Optional(
    Id('FieldId of the custom field that holds the appointmentid; by default EncounterAlias holds it'),
  ),
  appointmentTypeId: Type.Optional(
    Id('appointmenttypeid for booking an open slot if the request has no EncounterTypeId'),
  ),
  snomedCodes: Type.Record(Type.String(), Type.String({ pattern: '^[0-9]{6,18}$' }), {
    default: {},
    description: 'The snomedcode to send with each ICD-10 code',
  }),
  keyInNote: Type.Boolean({
    default: true,
    description: 'Whether the reason note of an order group ends with our key, by which the encounter is found again',
  }),
  adoptUnmarked: Type.Boolean({
    default: false,
    description:
      'Whether the only order group of that day that looks like ours, has no key and is untouched is taken for ours',
  }),
  searchBackDays: Type.Integer({
    minimum: 1,
    maximum: 60,
    default: 4,
    description: 'Number of days back that an order group is searched for',
  }),
  // Narrows the setting that all connections have: the queue counts jobs and athena counts requests.
  requestsPerSecond: Type.Integer({
    minimum: 1,
    maximum: 50,
    description: 'Jobs per second over all workers: the quota divided by the requests per job',
  }),
})
export type Settings = Static<typeof options>
