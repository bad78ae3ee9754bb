import { Type } from '@sinclair/typebox'
import { notCarried, type Carried } from '@encounter-gateway/worker/emr/carried/not-carried.ts'
import type { Emr, EmrCall, EmrFactory, EncounterFound, EncounterOrder } from '@encounter-gateway/worker/emr/emr.ts'
import { refused, type EmrError } from '@encounter-gateway/worker/emr/emr-error.ts'
import {
  authorizationOf,
  BaseUrl,
  jsonAs,
  openHttp,
  urlBelow,
  type HttpAnswer,
  type HttpRequest,
} from '@encounter-gateway/worker/emr/http/exchange.ts'
import { faultOf } from '@encounter-gateway/worker/emr/http/status.ts'

const options = Type.Object({ baseUrl: BaseUrl })

/** Where each field goes. A field that is not listed is never carried, and each job with one reports it. */
const carried: Carried = {
  '/PatientId': 'patient',
  '/Encounter/EncounterDateTime': 'start',
  '/Encounter/ReasonForVisit': 'reason',
}

const Visit = Type.Object({ id: Type.String({ minLength: 1, maxLength: 256 }), reference: Type.String() })

/** The EMR of the imaginary vendor: visits as JSON, found again by the reference that we give them. */
export const skeleton: EmrFactory<typeof options> = {
  options,
  carried,
  login: { LoginId: 'Authorization: Basic', Password: 'Authorization: Basic' },
  canFind: () => true,
  create: ({ baseUrl, concurrency }) => openSkeleton(baseUrl, concurrency),
}

function openSkeleton(baseUrl: string, concurrency: number): Emr {
  const visits = urlBelow(baseUrl, 'visits')
  const http = openHttp({ connections: concurrency })
  const send = ({ credentials }: EncounterOrder, call: EmrCall, request: HttpRequest) =>
    http.send({ ...request, headers: { ...request.headers, ...authorizationOf(credentials) } }, call)
  const found = ({ encounter }: Pick<EncounterOrder, 'encounter'>, EncounterId: string): EncounterFound => ({
    EncounterId,
    AlternativeIdentifiers: [],
    NotCarried: notCarried(encounter, ({ path }) => Object.hasOwn(carried, path)),
  })

  const bodyOf = ({ correlationKey, encounter }: Pick<EncounterOrder, 'correlationKey' | 'encounter'>): string => {
    const { EncounterDateTime: start, ReasonForVisit: reason } = encounter.Encounter
    return JSON.stringify({ reference: correlationKey, patient: encounter.PatientId, start, reason })
  }

  return {
    async create(order, call) {
      const body = bodyOf(order)
      const headers = { 'content-type': 'application/json' }
      const answer = await send(order, call, { method: 'POST', url: visits, headers, body, writes: true })
      if (answer.status !== 201) throw refusal(answer)
      return found(order, jsonAs(answer, Visit).id)
    },

    render: (order) => ({
      messages: [{ To: 'POST visits', ContentType: 'application/json', Body: bodyOf(order) }],
      notCarried: found(order, '').NotCarried,
    }),

    async find(order, call) {
      const url = urlBelow(baseUrl, 'visits', { reference: order.correlationKey })
      const answer = await send(order, call, { method: 'GET', url, writes: false })
      if (answer.status !== 200) throw refusal(answer)
      // compared once more: an EMR that ignores the query would return another patient's visit
      const ours = jsonAs(answer, Type.Array(Visit)).find(({ reference }) => reference === order.correlationKey)
      return ours && found(order, ours.id)
    },

    async check(call) {
      const answer = await http.send({ method: 'GET', url: urlBelow(baseUrl, 'health'), writes: false }, call)
      if (answer.status !== 200) throw refusal(answer)
    },

    close: () => http.close(),
  }
}

/** What this vendor means by an answer without a visit; the rest means the same for every EMR. */
function refusal(answer: HttpAnswer): EmrError {
  if (answer.status === 422) return refused(400)
  if (answer.status === 401 || answer.status === 403) return refused(answer.status)
  return faultOf(answer)
}
