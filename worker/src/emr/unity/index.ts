import { unreadable } from '../emr-error.ts'
import { onlyOne, verdictOn } from '../claim.ts'
import {
  type Emr,
  type EmrCall,
  type EncounterFound,
  type EncounterOrder,
  type ConnectionWith,
  type EmrFactory,
  type Rendered,
} from '../emr.ts'
import { consistentState } from '../encounter-state/refusals.ts'
import { LookAlikes } from '../look-alikes.ts'
import { clockOf, usDay } from './date-time.ts'
import { carried, notCarriedByUnity, occasionOf, parametersOf, patientIdOf } from './encounter.ts'
import { UnityService } from './magic.ts'
import { encounterIdIn, isEmpty, likenessOf } from './match.ts'
import { options } from './options.ts'
import { Sessions } from './sessions.ts'

/**
 * Allscripts (Veradigm) Unity, JSON flavour (docs/emr/unity.md): a token by the licence, a login of the user, then one
 * action that creates the encounter. It has no place for a key, so an encounter is found again by patient, type and
 * time.
 */
export const unity: EmrFactory<typeof options> = {
  options,
  carried,
  login: { LoginId: 'AppUserID', Password: 'GetUserAuthentication Parameter1' },
  canFind: ({ listAction }) => listAction !== 'none',
  create(connection) {
    const connector = new UnityConnector(connection)
    return connection.listAction === 'none' ? withoutFind(connector) : connector
  },
}

function withoutFind(connector: Emr): Emr {
  return {
    create: (order, call) => connector.create(order, call),
    render: (order) => connector.render(order),
    check: (call) => connector.check(call),
    close: () => connector.close(),
  }
}

class UnityConnector implements Emr {
  readonly findsBy = 'likeness'

  readonly #settings: ConnectionWith<typeof options>
  readonly #unity: UnityService
  readonly #sessions: Sessions
  readonly #lookAlikes = new LookAlikes()

  constructor(connection: ConnectionWith<typeof options>) {
    // Here rather than with the first job: a time zone that does not exist stops the worker.
    if (connection.timeZone !== undefined) clockOf(connection.timeZone)
    this.#settings = connection
    this.#unity = new UnityService({ ...connection, connections: connection.concurrency })
    this.#sessions = new Sessions(this.#unity, connection.sessionMinutes * 60_000)
  }

  async create(order: EncounterOrder, call: EmrCall): Promise<EncounterFound> {
    consistentState(order.encounter, { now: Date.now(), statusCodes: this.#settings.statusCodes })
    const patientId = patientIdOf(order.encounter, this.#settings)
    const parameters = parametersOf(order.encounter, this.#settings)
    return this.#lookAlikes.inTurn(patientId, call.signal, async () => {
      const { action } = this.#settings
      const rows = await this.#sessions.within(order.credentials, call, (session) =>
        this.#unity.magic({ ...session, action, patientId, parameters, creates: true }, call),
      )
      const encounterId = rows.map(encounterIdIn).find((id) => id !== '')
      if (encounterId === undefined) throw unreadable(true)
      return this.#given(encounterId, order)
    })
  }

  render({ encounter }: Pick<EncounterOrder, 'encounter'>): Rendered {
    consistentState(encounter, { now: Date.now(), statusCodes: this.#settings.statusCodes })
    const patientId = patientIdOf(encounter, this.#settings)
    const parameters = parametersOf(encounter, this.#settings)
    const session = { user: '(LoginId)', token: '(token)' }
    const body = this.#unity.bodyOf({ ...session, action: this.#settings.action, patientId, parameters })
    const message = { To: 'POST json/MagicJson', ContentType: 'application/json', Body: JSON.stringify(body) }
    return { messages: [message], notCarried: notCarriedByUnity(encounter, this.#settings, '') }
  }

  async find(order: EncounterOrder, call: EmrCall): Promise<EncounterFound | undefined> {
    const patientId = patientIdOf(order.encounter, this.#settings)
    const occasion = occasionOf(order.encounter, this.#settings)
    return this.#lookAlikes.inTurn(patientId, call.signal, async () => {
      const { listAction: action } = this.#settings
      // Type, first day, number of days from it, whether past ones too. The day is wide enough for any time zone.
      const parameters = [occasion.type, usDay(occasion.when), '1', 'Y']
      const rows = await this.#sessions.within(order.credentials, call, (session) =>
        this.#unity.magic({ ...session, action, patientId, parameters, creates: false }, call),
      )
      const adopts = this.#settings.adoptUnmarked
      const candidates = rows
        .filter((row) => !isEmpty(row) && !this.#lookAlikes.isAnothers(encounterIdIn(row), order.correlationKey))
        .map((row) => ({ row, verdict: verdictOn(likenessOf(row, { ...occasion, patientId }), order, { adopts }) }))
      const found = onlyOne(candidates)
      return found && this.#given(encounterIdIn(found.row), order)
    })
  }

  /** Gets a token and gives it back. There is no user to go further with. */
  async check(call: EmrCall): Promise<void> {
    await this.#unity.retire(await this.#unity.getToken(call), call)
  }

  async close(): Promise<void> {
    await this.#sessions.retire()
    await this.#unity.close()
  }

  #given(encounterId: string, { encounter, correlationKey, credentials }: EncounterOrder): EncounterFound {
    this.#lookAlikes.give(encounterId, correlationKey)
    const NotCarried = notCarriedByUnity(encounter, this.#settings, credentials.loginId ?? '')
    return { EncounterId: encounterId, AlternativeIdentifiers: [], NotCarried }
  }
}
