import { Value } from '@sinclair/typebox/value'
import { Type } from '@sinclair/typebox'
import type { EmrCall } from '../emr.ts'
import { loginRefused, unreadable } from '../emr-error.ts'
import { faultOf } from '../http/status.ts'
import { jsonOf, openHttp, urlBelow, type Http, type HttpAnswer } from '../http/exchange.ts'
import { valueIn, type Row } from './match.ts'
import { failed, nothingFound, refusalIn } from './refusal.ts'

const LONGEST_LIST_BYTES = 8 * 1024 * 1024
const Rows = Type.Array(Type.Record(Type.String(), Type.Unknown()))
const Guid = /^\{?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i

/** One MagicJson action: Parameter1 to Parameter6 in `parameters`. */
export type Magic = {
  action: string
  user: string
  token: string
  patientId?: string
  parameters: string[]
  /** Whether the action can create an encounter, so that a lost answer leaves the outcome unknown. */
  creates: boolean
}

/** The three operations of a Unity service. Every method throws `EmrError`. */
export class UnityService {
  readonly #http: Http
  readonly #service: string
  readonly #about: { appName: string; serviceUsername: string; servicePassword: string }

  constructor(about: {
    baseUrl: string
    appName: string
    serviceUsername: string
    servicePassword: string
    connections: number
  }) {
    this.#http = openHttp({ connections: about.connections })
    this.#service = urlBelow(about.baseUrl, 'json/').href
    this.#about = about
  }

  /** A security token by the licence's own credentials. It is useless until a user is authenticated with it. */
  async getToken(call: Pick<EmrCall, 'signal'>): Promise<string> {
    const { appName: Appname, serviceUsername: Username, servicePassword: Password } = this.#about
    const answer = await this.#post('GetToken', { Username, Password, Appname }, { writes: false }, call)
    const text = answer.body.toString().trim().replaceAll('"', '')
    if (/^error:/i.test(text)) throw loginRefused('gateway', "the EMR did not accept the gateway's service credentials")
    if (!Guid.test(text)) throw unreadable(false)
    return text
  }

  /**
   * Performs an action and returns the rows of its answer. Throws `SessionEnded` when the token is no longer valid.
   */
  async magic(magic: Magic, call: Pick<EmrCall, 'signal'>) {
    return rowsIn(await this.#post('MagicJson', this.bodyOf(magic), { writes: magic.creates }, call))
  }

  /** The request for an action. */
  bodyOf({ action, user, token, patientId = '', parameters }: Omit<Magic, 'creates'>) {
    return {
      Action: action,
      AppUserID: user,
      Appname: this.#about.appName,
      PatientID: patientId,
      Token: token,
      ...Object.fromEntries([0, 1, 2, 3, 4, 5].map((index) => [`Parameter${index + 1}`, parameters[index] ?? ''])),
      Data: '',
    }
  }

  /** Invalidates a token. It does not matter whether that worked. */
  async retire(token: string, call: Pick<EmrCall, 'signal'>): Promise<void> {
    const body = { Token: token, Appname: this.#about.appName }
    await this.#post('RetireSecurityToken', body, { writes: false }, call).catch(() => {})
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  async #post(
    operation: string,
    body: object,
    { writes }: { writes: boolean },
    call: Pick<EmrCall, 'signal'>,
  ): Promise<HttpAnswer> {
    const answer = await this.#http.send(
      {
        method: 'POST',
        url: urlBelow(this.#service, operation),
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(body),
        writes,
        maxAnswerBytes: LONGEST_LIST_BYTES,
      },
      call,
    )
    if (answer.status !== 200) throw faultOf(answer)
    return answer
  }
}

/**
 * `[{"getencounterlistinfo": [{...}, ...]}]`: the inner rows of all tables. Errors arrive the same way, with status
 * 200: as `Error` of a table, or as `STATUS` of a row, which is read before any number in that row.
 */
function rowsIn(answer: HttpAnswer): Row[] {
  const json = jsonOf(answer)
  const tables: unknown = Array.isArray(json) ? json : [json]
  if (!Value.Check(Rows, tables)) throw unreadable(answer.writes)
  const rows = tables
    .flatMap((table) => Object.values(table))
    .flatMap((inner) => (Value.Check(Rows, inner) ? inner : []))
  const errors = [
    ...tables.flatMap(({ Error: error }) => (error === undefined || error === null || error === '' ? [] : [error])),
    ...rows.map((row) => valueIn(row, 'STATUS')).filter((status) => failed.test(status)),
  ]
  for (const error of errors) {
    const text = typeof error === 'string' ? error : ''
    // for a creation it means that something it needs is not there
    if (!answer.writes && nothingFound.test(text)) return []
    throw refusalIn(text, answer.writes)
  }
  return rows
}
