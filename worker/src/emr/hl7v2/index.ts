import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { createSecureContext } from 'node:tls'
import type { Emr, EmrCall, EncounterFound, EncounterOrder, ConnectionWith, EmrFactory, Rendered } from '../emr.ts'
import { brokenOff, unreadable, EmrError } from '../emr-error.ts'
import { readAcknowledgement } from './acknowledgement.ts'
import { answerTo } from './answer-to.ts'
import { characterSets } from './character-set.ts'
import type { Discharge } from './discharge.ts'
import { carried, encodeEncounter, type EncodedEncounter } from './encounter.ts'
import { openMllp, type Mllp } from './mllp.ts'
import { commitIn } from './mllp-frame.ts'
import type { ReadAnswer } from './mllp-connection.ts'
import { options, type Site, type TlsOptions } from './options.ts'
import { siteOf } from './site.ts'
import { verdictOf, type Answered } from './verdict.ts'

type Hl7v2Connection = ConnectionWith<typeof options>

/**
 * Any EMR that accepts HL7 v2 (docs/emr/hl7v2.md): ADT^A01, A04 or A05 over MLLP, to the site's interface engine. It
 * cannot be asked for an encounter: a message whose answer was lost is sent again under the same MSH-10, for receivers
 * that recognise duplicates by it, or a person must look. MLLP has no login: LoginId and Password are not sent, UserId
 * is EVN-5.
 */
export const hl7v2: EmrFactory<typeof options> = {
  options,
  carried,
  login: {},
  canFind: () => false,
  create: (connection) => new Hl7v2Connector(connection),
}

class Hl7v2Connector implements Emr {
  readonly #site: Site
  readonly #mllp: Mllp

  constructor(connection: Hl7v2Connection) {
    const { host, port, tls, idleMs, concurrency }: Hl7v2Connection & Connection = connection
    // Both refuse what no schema can detect, such as an invalid key, before any job is taken.
    this.#site = siteOf(connection)
    const address = { host, port, tls: tls ? secured(tls) : undefined }
    this.#mllp = openMllp({ address, connections: concurrency, idleMs })
  }

  async create(order: EncounterOrder, call: EmrCall): Promise<EncounterFound> {
    const encoded = encodeEncounter(order, this.#site, new Date())
    const ownVisitNumber = encoded.visitNumber === order.correlationKey
    const about = { pointersAt: encoded.pointersAt, ownVisitNumber, mayExist: order.mayExist ?? true }
    await this.#send(encoded.bytes, order.correlationKey, about, call)
    const discharged = encoded.discharge ? await this.#discharge(encoded.discharge, about, call) : true
    const notCarried = encoded.notCarried.filter((pointer) => !encoded.discharge || pointer !== DISCHARGE)
    return found(order, encoded, this.#site, discharged ? notCarried : [...notCarried, DISCHARGE])
  }

  render(order: Pick<EncounterOrder, 'correlationKey' | 'encounter'>): Rendered {
    const { bytes, discharge, notCarried } = encodeEncounter(order, this.#site, new Date())
    const encoding = characterSets[this.#site.characterSet]
    return {
      messages: [bytes, ...(discharge ? [discharge.bytes] : [])].map((message) => ({
        To: 'MLLP',
        ContentType: 'x-application/hl7-v2+er7',
        Body: message.toString(encoding),
      })),
      notCarried: notCarried.filter((pointer) => !discharge || pointer !== DISCHARGE),
    }
  }

  async check(call: EmrCall): Promise<void> {
    await this.#mllp.reach(call)
  }

  async close(): Promise<void> {
    this.#mllp.close()
  }

  /** Sends a message until the EMR has reported the result; throws unless the encounter exists. */
  async #send(bytes: Buffer, controlId: string, about: Answered, call: EmrCall): Promise<void> {
    const read: ReadAnswer<'created' | EmrError> = (answer, reply) => {
      if (commitIn(answer) === 'not stored') throw brokenOff({ writes: false, answered: true })
      const acknowledgement = readAcknowledgement(answer)
      if (!acknowledgement) throw unreadable(true)
      // The answer to another message, such as one whose sender has given up waiting. One that names none answers this
      // one: no other is in flight on this connection.
      if (acknowledgement.answers && acknowledgement.answers !== controlId) return undefined
      const verdict = verdictOf(acknowledgement, this.#site, about)
      if (verdict && acknowledgement.wantsAnswer) reply(answerTo(acknowledgement.wantsAnswer, this.#site, new Date()))
      return verdict
    }
    const verdict = await this.#mllp.exchange(bytes, call, read)
    if (verdict !== 'created') throw verdict
  }

  /** The encounter exists by now, so a discharge that fails is a field not carried, not a failed job. */
  async #discharge({ bytes, controlId }: Discharge, about: Answered, call: EmrCall): Promise<boolean> {
    try {
      await this.#send(bytes, controlId, about, call)
      return true
    } catch (error) {
      const { code, message } = error instanceof EmrError ? error : new EmrError(500, 'the gateway failed')
      call.log.warn({ code, reason: message }, 'emr.notDischarged')
      return false
    }
  }
}

const DISCHARGE = '/Encounter/DischargeDateTime'

/** The numbers that the message gave the encounter: an acknowledgement holds none. */
function found(
  { correlationKey }: EncounterOrder,
  { visitNumber, accountNumber }: EncodedEncounter,
  { alternateVisitId }: Site,
  NotCarried: string[],
): EncounterFound {
  const account = accountNumber && { Code: 'FIN', Description: 'Financial number', Value: accountNumber }
  const key = alternateVisitId &&
    visitNumber !== correlationKey && {
      Code: 'CorrelationKey',
      Description: 'Key of the request that created it',
      Value: correlationKey,
    }
  return { EncounterId: visitNumber, AlternativeIdentifiers: [account, key].filter((each) => !!each), NotCarried }
}

function secured({ ca, cert, key, servername }: TlsOptions) {
  const context = createSecureContext({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) })
  return { context, ...(servername && { servername }) }
}
