import { AlternativeIdentifiers } from '@encounter-gateway/shared/contract/encounter-created.ts'
import { Type, type Static } from '@sinclair/typebox'
import type { Emr, EmrCall, EncounterFound, EncounterOrder, ConnectionWith, EmrFactory, Rendered } from '../emr.ts'
import { authorizationOf, BaseUrl, jsonAs, openHttp, urlBelow, type Http, type HttpRequest } from '../http/exchange.ts'
import { carried } from './carried.ts'
import { refusal } from './refusal.ts'

const options = Type.Object({ baseUrl: BaseUrl })

const Created = Type.Object({ EncounterId: Type.String({ minLength: 1, maxLength: 256 }), AlternativeIdentifiers })
const Listed = Type.Array(Type.Intersect([Created, Type.Object({ CorrelationKey: Type.String() })]))

/**
 * The Sandbox EMR of this project (docs/emr/sandbox.md): the Unified Data Model as JSON over HTTP, with the seed's response
 * codes. It carries everything, and can be asked for an encounter by its correlation key.
 */
export const sandbox: EmrFactory<typeof options> = {
  options,
  carried,
  login: {
    LoginId: 'Authorization: Basic',
    Password: 'Authorization: Basic',
    AuthorizationToken: 'Authorization: Bearer, instead of Basic',
  },
  canFind: () => true,
  create: (connection) => new SandboxConnector(connection),
}

class SandboxConnector implements Emr {
  readonly #baseUrl: string
  readonly #encounters: URL
  readonly #http: Http

  constructor({ baseUrl, concurrency }: ConnectionWith<typeof options>) {
    // Parsed once at the start, where a port of 99999 stops the worker; later it would fail every job.
    this.#baseUrl = urlBelow(baseUrl, '').href
    this.#encounters = urlBelow(this.#baseUrl, 'encounters')
    this.#http = openHttp({ connections: concurrency })
  }

  async create(order: EncounterOrder, call: EmrCall): Promise<EncounterFound> {
    const answer = await this.#send(order, call, {
      method: 'POST',
      url: this.#encounters,
      headers: { 'content-type': 'application/json', 'correlation-key': order.correlationKey },
      body: JSON.stringify(order.encounter),
      writes: true,
    })
    if (answer.status !== 201) throw refusal(answer)
    return found(jsonAs(answer, Created))
  }

  render({ encounter }: Pick<EncounterOrder, 'encounter'>): Rendered {
    const message = { To: 'POST encounters', ContentType: 'application/json', Body: JSON.stringify(encounter) }
    return { messages: [message], notCarried: [] }
  }

  async find(order: EncounterOrder, call: EmrCall): Promise<EncounterFound | undefined> {
    const url = urlBelow(this.#baseUrl, 'encounters', { correlationKey: order.correlationKey })
    const answer = await this.#send(order, call, { method: 'GET', url, writes: false })
    if (answer.status !== 200) throw refusal(answer)
    // Checked again here: a server that ignores the query would return another patient's encounter.
    const ours = jsonAs(answer, Listed).filter((listed) => listed.CorrelationKey === order.correlationKey)
    if (ours.length > 1) call.log.warn({ encounters: ours.length }, 'emr.duplicate')
    return ours[0] && found(ours[0])
  }

  async check(call: EmrCall): Promise<void> {
    const answer = await this.#http.send({ method: 'GET', url: urlBelow(this.#baseUrl, 'health'), writes: false }, call)
    if (answer.status !== 200) throw refusal(answer)
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  async #send({ credentials }: EncounterOrder, call: EmrCall, request: HttpRequest) {
    return this.#http.send({ ...request, headers: { ...request.headers, ...authorizationOf(credentials) } }, call)
  }
}

/** Only known properties are passed on: the answer may hold more. */
function found({ EncounterId, AlternativeIdentifiers }: Static<typeof Created>): EncounterFound {
  return { EncounterId, AlternativeIdentifiers, NotCarried: [] }
}
