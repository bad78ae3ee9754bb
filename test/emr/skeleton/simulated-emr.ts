import { valuesOf } from '@encounter-gateway/worker/emr/carried/not-carried.ts'
import { openMisbehavingHttp, type HttpCall, type HttpReply } from '../misbehaving-http.ts'
import type { SimulatedEmr } from '../simulated-emr.ts'

type Visit = { reference?: string; patient?: string; start?: string; reason?: string }

const login = { loginId: 'user', password: 'secret' }
const authorization = `Basic ${Buffer.from('user:secret').toString('base64')}`
/** The vendor's status for each of the seed's codes. */
const statuses = { 400: 422, 401: 401, 403: 403, 408: 504, 429: 429, 500: 503, 502: 503 } as const

/** The vendor's EMR, written from its document and not from the connector: it checks what the vendor checks. */
export async function openSkeletonEmr(): Promise<SimulatedEmr> {
  const visits: (Visit & { id: string })[] = []

  function handle({ method, url, headers, body }: HttpCall): HttpReply {
    if (url.pathname === '/health') return { status: 200 }
    if (headers.authorization !== authorization) return { status: 401 }
    if (method === 'GET')
      return json(
        200,
        visits.filter((visit) => visit.reference === url.searchParams.get('reference')),
      )
    const visit = JSON.parse(body) as Visit
    if (!visit.patient) return { status: 422 }
    const created = { id: `V${visits.length + 1}`, ...visit }
    visits.push(created)
    return json(201, created)
  }

  const { baseUrl, ...server } = await openMisbehavingHttp({
    handle,
    creates: ({ method }) => method === 'POST',
    say: (code) => ({ status: statuses[code], headers: code === 429 ? { 'retry-after': '1' } : {} }),
  })
  return {
    ...server,
    options: { baseUrl },
    credentials: login,
    cannotSay: [500],
    encounters: () =>
      visits.map((visit) => ({ encounterId: visit.id, correlationKey: visit.reference, content: visit })),
    enterLookAlike() {
      const [visit] = visits.splice(0)
      visits.push({ ...visit, id: 'theirs', reference: 'of-somebody-else' })
    },
    missing({ content }, sent) {
      const { patient, start, reason } = content as Visit
      const held: Record<string, string | undefined> = {
        '/PatientId': patient,
        '/Encounter/EncounterDateTime': start,
        '/Encounter/ReasonForVisit': reason,
      }
      return valuesOf(sent).flatMap(({ path, pointer, value }) => (held[path] === value ? [] : [pointer]))
    },
  }
}

function json(status: number, content: unknown): HttpReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) }
}
