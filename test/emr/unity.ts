import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { randomUUID } from 'node:crypto'
import { differing } from './leaf-values.ts'
import { openMisbehavingHttp, type HttpCall, type HttpReply } from './misbehaving-http.ts'
import type { SimulatedEmr } from './simulated-emr.ts'
import { actions, type MagicCall, type UnityEncounter } from './unity-actions.ts'

const LICENCE = { Username: 'Gateway-1', Password: 'licence-secret', Appname: 'Gateway.TestApp' }
const USER = { loginId: 'jmedici', password: 'password01' }
/** The clients' name for the patient numbers of this EMR. */
const OWN_NUMBERS = 'sample string 3'
const SERVICE = '/Unity/UnityService.svc'
const creating = new Set(['SaveSimpleEncounter', 'GetEncounter', 'SaveVisit'])

/** What a test can see of, and do to, a simulated Unity, in addition to what all simulated EMRs offer. */
export type SimulatedUnity = SimulatedEmr & {
  kept: UnityEncounter[]
  /** Calls received so far, as `GetToken` or `MagicJson SaveSimpleEncounter`. */
  calls: string[]
  /** Every valid token. */
  tokens: Map<string, string>
  /** Makes all users look idle: no token is valid any more. */
  fallAsleep(): void
  /** Answers this action in this way until changed. */
  reply(action: string, body: unknown): void
}

/** A Unity service, JSON flavour, in front of a TouchWorks that stores encounters. */
export async function openUnity(): Promise<SimulatedUnity> {
  const kept: UnityEncounter[] = []
  const calls: string[] = []
  const tokens = new Map<string, string>()
  const replies = new Map<string, unknown>()

  function handle(call: HttpCall): HttpReply {
    const operation = call.url.pathname.replace(`${SERVICE}/json/`, '')
    const body = bodyOf(call)
    if (call.method !== 'POST' || !body) return { status: 400, body: '<html>Request Error</html>' }
    calls.push(operation === 'MagicJson' ? `MagicJson ${String(body['Action'])}` : operation)
    if (operation === 'GetToken') return giveToken(body)
    if (operation === 'RetireSecurityToken') return retire(body)
    if (operation !== 'MagicJson') return { status: 404 }
    const asked = magicCallOf(body)
    return asked ? json(magic(asked)) : { status: 400, body: '<html>Request Error</html>' }
  }

  function giveToken({ Username, Password }: Record<string, unknown>): HttpReply {
    if (Username !== LICENCE.Username || Password !== LICENCE.Password)
      return { status: 200, body: 'error: Username and Password not valid for any licenses on this server' }
    const token = randomUUID()
    tokens.set(token, '')
    return { status: 200, body: token }
  }

  function retire({ Token }: Record<string, unknown>): HttpReply {
    return { status: 200, body: String(tokens.delete(String(Token))) }
  }

  function magic(asked: MagicCall): unknown {
    const user = tokens.get(asked.Token)
    if (user === undefined) return errorIs('you have been logged out due to inactivity.')
    if (asked.Appname !== LICENCE.Appname) return errorIs('the application is not licensed.')
    if (replies.has(asked.Action)) return replies.get(asked.Action)
    if (asked.Action === 'GetUserAuthentication') {
      const valid = asked.AppUserID === USER.loginId && asked.parameters[0] === USER.password
      if (valid) tokens.set(asked.Token, asked.AppUserID)
      return [
        { getuserauthenticationinfo: [{ ValidUser: valid ? 'YES' : 'NO', ErrorMessage: valid ? '' : 'Jane Doe' }] },
      ]
    }
    if (user !== asked.AppUserID) return errorIs('call GetUserAuthentication first.')
    const action = actions[asked.Action]
    return action ? action(kept, asked) : errorIs(`Action ${asked.Action} is invalid.`)
  }

  const { baseUrl, ...server } = await openMisbehavingHttp({
    handle,
    creates: (call) => call.url.pathname.endsWith('/MagicJson') && creating.has(String(bodyOf(call)?.['Action'])),
    say,
  })
  return {
    ...server,
    kept,
    calls,
    tokens,
    options: {
      baseUrl: `${baseUrl}${SERVICE}`,
      appName: LICENCE.Appname,
      serviceUsername: LICENCE.Username,
      servicePassword: LICENCE.Password,
      patientIdTypes: [OWN_NUMBERS],
    },
    credentials: USER,
    // A 500 is Unity's own fault, reported as 502.
    cannotSay: [500],
    encounters: () => kept.map((content) => ({ encounterId: content.id, correlationKey: undefined, content })),
    // Unity shows patient, type and time and nothing else: there all of them look the same
    enterLookAlike(how) {
      const [first] = kept.splice(0) as [UnityEncounter]
      kept.push({ ...first, id: '7' })
      if (how === 'twice the same') kept.push({ ...first, id: '8' })
    },
    missing: ({ content }, sent) => missing(content as UnityEncounter, sent),
    fallAsleep: () => tokens.clear(),
    reply: (action, body) => replies.set(action, body),
  }
}

/** The HTTP reply around an action's answer: 200, errors or not. */
const json = (body: unknown): HttpReply => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
})
const errorIs = (text: string) => [{ Error: `Magic Error - ${text}` }]

function say(code: number): HttpReply {
  if (code === 400) return json(errorIs('Patient Doe, Jane: Parameter1 is invalid.'))
  if (code === 401) return json(errorIs('you have been logged out due to inactivity.'))
  if (code === 403) return json(errorIs('User jmedici is not authorized for the chart of Jane Doe.'))
  if (code === 408) return { status: 504 }
  return { status: code === 429 ? 429 : 503, body: 'Jane Doe' }
}

function bodyOf({ headers, body }: HttpCall): Record<string, unknown> | undefined {
  if (!headers['content-type']?.startsWith('application/json')) return undefined
  return JSON.parse(body) as Record<string, unknown>
}

/** WCF binds by name: each of the twelve has to be present as a text, also `Data`. */
function magicCallOf(body: Record<string, unknown>): MagicCall | undefined {
  const numbers = [1, 2, 3, 4, 5, 6].map((number) => `Parameter${number}`)
  const names = ['Action', 'AppUserID', 'Appname', 'PatientID', 'Token', ...numbers, 'Data']
  if (!names.every((name) => typeof body[name] === 'string')) return undefined
  return { ...(body as Omit<MagicCall, 'parameters'>), parameters: numbers.map((name) => String(body[name])) }
}

function missing(kept: UnityEncounter, sent: PatientEncounter): string[] {
  const [, month, day, year, time] = /^(\d\d)\/(\d\d)\/(\d{4}) (\S+)$/.exec(kept.when) ?? []
  return differing(sent, (pointer, value) => {
    switch (pointer) {
      case '/UserId':
        return kept.user === value
      case '/PatientId':
        return kept.patientId === value
      case '/PatientIdType':
        return value === OWN_NUMBERS
      case '/Encounter/EncounterTypeId':
        return kept.type === value
      case '/Encounter/EncounterDateTime':
        return `${year}-${month}-${day}T${time}` === value.slice(0, 19)
      default:
        return false
    }
  })
}
