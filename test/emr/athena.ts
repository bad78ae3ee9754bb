import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { dayOf, operations, json, refuse, type AthenaAppointment, type AthenaEncounter } from './athena-practice.ts'
import { differing } from './leaf-values.ts'
import { openMisbehavingHttp, type HttpCall, type HttpReply } from './misbehaving-http.ts'
import type { SimulatedEmr } from './simulated-emr.ts'

const CLIENT = { clientId: 'gateway', clientSecret: 'athena-secret' }
const SCOPE = 'athena/service/Athenanet.MDP.*'
const PRACTICE = '195900'
/** The clients' name for athena's own patient numbers. */
const OWN_NUMBERS = 'sample string 3'
const SECOND = 1_000

/** What a test can see of, and do to, a simulated practice, in addition to what all simulated EMRs offer. */
export type SimulatedAthena = SimulatedEmr & {
  practice: {
    departments: string[]
    encounters: AthenaEncounter[]
    appointments: Map<string, AthenaAppointment>
    diagnosisRules: { needsSnomed: boolean }
  }
  /** Calls received so far, as `POST chart/7/ordergroups`; refused ones too. */
  calls: string[]
  /** Requests per second that it allows. */
  quota(perSecond: number): void
  /** Answers calls whose line matches with this, until changed. */
  refuse(line: RegExp, reply: HttpReply | 'never'): void
  /** Invalidates every token issued so far. */
  forgetTokens(): void
}

/** athenaOne v1 of one practice with its token endpoint, as far as creating encounters goes. */
export async function openAthena(): Promise<SimulatedAthena> {
  const practice = {
    departments: ['1', 'sample string 2'],
    encounters: [] as AthenaEncounter[],
    appointments: new Map<string, AthenaAppointment>(),
    diagnosisRules: { needsSnomed: false },
  }
  const tokens = new Set<string>()
  const calls: string[] = []
  let granted = Infinity
  let taken: number[] = []
  let refusing: { line: RegExp; reply: HttpReply } | undefined

  function handle(call: HttpCall): HttpReply {
    const { method, url } = call
    if (url.pathname === '/oauth2/v1/token') return giveToken(call, tokens)
    const path = /^\/v1\/195900\/(.+)$/.exec(url.pathname)?.[1]
    if (path === undefined) return { status: 404, body: 'Service not registered with API gateway.' }
    const line = `${method} ${path}`
    calls.push(line)
    if (!tokens.has(call.headers.authorization?.replace('Bearer ', '') ?? '')) return refuse(401, 'Unauthorized')
    const now = performance.now()
    taken = taken.filter((at) => now - at < SECOND)
    if (taken.length >= granted) return tooMany()
    taken.push(now)
    if (refusing?.line.test(line)) return refusing.reply
    const isForm = call.headers['content-type'] === 'application/x-www-form-urlencoded'
    const form = new URLSearchParams(isForm ? call.body : '')
    for (const [allowed, pattern, operate] of operations) {
      const match = allowed === method ? pattern.exec(path) : null
      if (match)
        return operate(practice, { call, form, query: url.searchParams, ids: match.slice(1).map(decodeURIComponent) })
    }
    return refuse(404, 'No such operation.')
  }

  const { baseUrl, ...server } = await openMisbehavingHttp({
    handle,
    creates: ({ method, url }) => method === 'POST' && /\/(ordergroups|checkin)$/.test(url.pathname),
    say: (code) => (code === 429 ? tooMany() : refuse(code === 408 ? 504 : code, 'Jane Doe was refused.')),
  })
  return {
    ...server,
    practice,
    calls,
    options: {
      baseUrl,
      practiceId: PRACTICE,
      auth: { tokenUrl: `${baseUrl}/oauth2/v1/token`, ...CLIENT, scope: SCOPE },
      departmentId: '1',
      patientIdTypes: [OWN_NUMBERS],
      requestsPerSecond: 50,
    },
    credentials: { loginId: 'joe', password: 'secret' },
    // A 500 of athena's is its own fault, reported as 502.
    cannotSay: [500],
    encounters: () =>
      practice.encounters.map((content) => ({
        encounterId: content.encounterid,
        correlationKey: /\[ref (\w+)\]/.exec(content.note)?.[1],
        content,
      })),
    enterLookAlike(how) {
      const [made] = practice.encounters.splice(0) as [AthenaEncounter]
      const days = how === 'older' ? -2 : how === 'newer' ? 1 : 0
      const theirs: AthenaEncounter = {
        ...made,
        encounterid: '90',
        encounterdate: dayOf(new Date(Date.now() + days * 24 * 3600 * SECOND)),
        status: how === 'closed' ? 'CLOSED' : how === 'cancelled' ? 'DELETED' : 'TEMP',
        departmentid: how === 'at another hospital' ? '2' : made.departmentid,
        // a doctor's own has no key, and no note unless configured
        note: how === 'for another reason' ? 'Refill' : '',
        diagnoses: [],
      }
      practice.encounters.push(theirs)
      if (how === 'twice the same') practice.encounters.push({ ...theirs, encounterid: '91' })
    },
    missing({ content }, sent) {
      const kept = content as AthenaEncounter
      return missing(kept, practice.appointments.get(kept.appointmentid ?? ''), sent)
    },
    quota: (perSecond) => (granted = perSecond),
    refuse: (line, reply) => (refusing = reply === 'never' ? undefined : { line, reply }),
    forgetTokens: () => tokens.clear(),
  }
}

function giveToken({ method, headers, body }: HttpCall, tokens: Set<string>): HttpReply {
  const asked = new URLSearchParams(body)
  const basic = `Basic ${Buffer.from(`${CLIENT.clientId}:${CLIENT.clientSecret}`).toString('base64')}`
  if (method !== 'POST' || headers.authorization !== basic) return json(401, { error: 'invalid_client' })
  if (asked.get('grant_type') !== 'client_credentials') return json(400, { error: 'unsupported_grant_type' })
  if (asked.get('scope') !== SCOPE) return json(400, { error: 'invalid_scope' })
  const token = `token-${tokens.size}-${performance.now()}`
  tokens.add(token)
  return json(200, { access_token: token, token_type: 'Bearer', expires_in: 3600, scope: SCOPE })
}

function tooMany(): HttpReply {
  return { status: 429, headers: { 'retry-after': '1' }, body: 'Rate limit exceeded' }
}

function missing(kept: AthenaEncounter, visit: AthenaAppointment | undefined, sent: PatientEncounter): string[] {
  const note = kept.note.replace(/ ?\[ref \w+\]$/, '')
  return differing(sent, (pointer, value) => {
    if (pointer.startsWith('/Encounter/ICD10DXCodeIds/')) return kept.diagnoses.includes(value)
    switch (pointer) {
      case '/PatientId':
        return kept.patientid === value
      case '/PatientIdType':
        return value === OWN_NUMBERS
      case '/Encounter/AttendingProviderId':
        return kept.providerid === value
      case '/Encounter/Location/UnitId':
        return kept.departmentid === value
      case '/Encounter/EncounterTypeId':
        return visit?.appointmenttypeid === value
      case '/Encounter/EncounterAlias':
        return kept.appointmentid === value
      case '/Encounter/ReasonForVisit':
        return note === value
      default:
        return false
    }
  })
}
