import { unreadable } from '../emr-error.ts'
import type { Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { cancelledSince } from '../claim.ts'
import { Bundle, idInLocation } from '../fhir-r4/exchange.ts'
import { bears, EncounterResource, isVoid, type Identifier, type OurIdentifier } from '../fhir-r4/identifiers.ts'
import { jsonAs, jsonOf, type HttpAnswer } from '../http/exchange.ts'
import type { Entry } from './records.ts'

/** The encounter that now exists, as far as the server showed it. */
export type Created = {
  id: string
  identifiers?: Identifier[] | undefined
  /** The entries of the transaction that already existed, by their index. */
  existed?: Set<number>
}

/** The result of an Encounter sent alone; `undefined` if the server does not report which encounter now exists. */
export function createdAlone({ status, headers, body }: HttpAnswer, ours: OurIdentifier): Created | undefined {
  return created(status === 200, resourceIn(body), idInLocation('Encounter', headers.location), ours)
}

/**
 * The result of a transaction whose first entry is the Encounter. Throws `EmrError` 502, outcome unknown, if it makes
 * no sense.
 */
export function createdTogether(
  answer: HttpAnswer,
  entries: readonly Entry[],
  ours: OurIdentifier,
): Created | undefined {
  const { entry: results = [] } = jsonAs(answer, Bundle)
  const statuses = results.map(({ response }) => response?.status.slice(0, 3))
  const isDone = results.length === entries.length && statuses.every((status) => status === '200' || status === '201')
  if (!isDone) throw unreadable(true)
  const [first] = results
  const shown = Value.Check(EncounterResource, first?.resource) ? first.resource : undefined
  const existed = new Set(statuses.flatMap((status, index) => (status === '200' ? [index] : [])))
  const made = created(existed.has(0), shown, idInLocation('Encounter', first?.response?.location), ours)
  return made && { ...made, existed }
}

/**
 * An encounter that already existed must show our key: a server that ignores the condition may have found another
 * patient's. Throws `Undecided` if it was cancelled since.
 */
function created(
  existed: boolean,
  shown: Static<typeof EncounterResource> | undefined,
  located: string | undefined,
  ours: OurIdentifier,
): Created | undefined {
  if (existed && !(shown && bears(shown, ours))) return undefined
  if (existed && shown && isVoid(shown)) throw cancelledSince({ writes: true })
  const id = shown?.id ?? located
  return id === undefined ? undefined : { id, identifiers: shown?.identifier, existed: new Set() }
}

function resourceIn(body: Buffer) {
  try {
    const shown = jsonOf({ body, writes: true })
    return Value.Check(EncounterResource, shown) ? shown : undefined
  } catch {
    return undefined // No body, or one with no more information than the Location.
  }
}
