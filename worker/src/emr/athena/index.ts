import { Type } from '@sinclair/typebox'
import type { Emr, EmrCall, EncounterFound, EncounterOrder, ConnectionWith, EmrFactory, Rendered } from '../emr.ts'
import { begunState } from '../encounter-state/refusals.ts'
import { carried } from './encounter.ts'
import { AthenaApi } from './api.ts'
import { AppointmentRoute } from './appointment-route.ts'
import { options, type Settings } from './options.ts'
import { OrderGroupRoute } from './order-group-route.ts'
import type { Route } from './route.ts'

/**
 * athenaOne v1 REST (docs/emr/athena.md). It has no operation that creates an encounter: an order group creates one, or
 * the check-in of an appointment. Diagnoses and the reason note follow once it exists.
 */
export const athena: EmrFactory<typeof options> = {
  options,
  carried,
  login: { AuthorizationToken: 'Authorization: Bearer, instead of `auth`' },
  canFind: () => true,
  create: (connection) => new AthenaConnector(connection),
}

class AthenaConnector implements Emr {
  readonly findsBy = 'likeness'

  readonly #api: AthenaApi
  readonly #route: Route
  readonly #departmentId: string
  readonly #statusCodes: Settings['statusCodes']

  constructor(connection: ConnectionWith<typeof options>) {
    this.#api = new AthenaApi({ ...connection, connections: connection.concurrency })
    this.#route =
      connection.route === 'appointment'
        ? new AppointmentRoute(this.#api, connection)
        : new OrderGroupRoute(this.#api, connection)
    this.#departmentId = connection.departmentId
    this.#statusCodes = connection.statusCodes
  }

  async create(order: EncounterOrder, call: EmrCall): Promise<EncounterFound> {
    begunState(order.encounter, { now: Date.now(), statusCodes: this.#statusCodes })
    return this.#route.create(order, call)
  }

  render(order: Pick<EncounterOrder, 'correlationKey' | 'encounter'>): Rendered {
    begunState(order.encounter, { now: Date.now(), statusCodes: this.#statusCodes })
    return this.#route.render(order)
  }

  find(order: EncounterOrder, call: EmrCall): Promise<EncounterFound | undefined> {
    return this.#route.find(order, call)
  }

  async check(call: EmrCall): Promise<void> {
    await this.#api.get(`departments/${encodeURIComponent(this.#departmentId)}`, {}, Type.Unknown(), { call })
  }

  close(): Promise<void> {
    return this.#api.close()
  }
}
