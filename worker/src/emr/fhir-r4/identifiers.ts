import type { AlternativeIdentifier } from '@encounter-gateway/shared/contract/encounter-created.ts'
import { Type, type Static } from '@sinclair/typebox'

const MOST = 50
const LONGEST = 256
const text = Type.Optional(Type.Unknown())

/** The part of an identifier that is read; servers differ, so only its being an object is relied on. */
export const Identifier = Type.Object({
  system: text,
  value: text,
  type: Type.Optional(
    Type.Object({ text, coding: Type.Optional(Type.Array(Type.Object({ code: text, display: text }))) }),
  ),
})
export type Identifier = Static<typeof Identifier>

/** The part of an Encounter that is read: that it is one, and its id. */
export const EncounterResource = Type.Object({
  resourceType: Type.Literal('Encounter'),
  id: Type.String({ pattern: '^[A-Za-z0-9.-]{1,64}$' }),
  identifier: Type.Optional(Type.Array(Identifier)),
  status: text,
})

/** Whether someone has revoked the encounter. */
export function isVoid({ status }: { status?: unknown }): boolean {
  return status === 'cancelled' || status === 'entered-in-error'
}

/** Our key among the identifiers of an encounter. */
export type OurIdentifier = { system: string; key: string }

/** Whether an encounter bears our key: a server that ignores a search parameter would return another patient's. */
export function bears(encounter: { identifier?: Identifier[] }, { system, key }: OurIdentifier): boolean {
  return (encounter.identifier ?? []).some((one) => one.system === system && one.value === key)
}

/** An encounter's identifiers in the seed's form: ours as `CorrelationKey`, the EMR's own by the code of their type. */
export function alternativeIdentifiers(identifiers: Identifier[] = [], ours?: OurIdentifier): AlternativeIdentifier[] {
  return identifiers.slice(0, MOST).flatMap((identifier) => {
    const { system, value, type } = identifier
    if (typeof value !== 'string' || value === '' || value.length > LONGEST) return []
    if (ours && system === ours.system && value === ours.key) return [correlationKey(value)]
    const [coding] = type?.coding ?? []
    const Code = firstText(coding?.code, type?.text) ?? 'Identifier'
    return [{ Code, Description: firstText(type?.text, coding?.display, system) ?? Code, Value: value }]
  })
}

/** The identifier that is our key. */
export function correlationKey(key: string): AlternativeIdentifier {
  return { Code: 'CorrelationKey', Description: 'Key of the request that created it', Value: key }
}

function firstText(...texts: unknown[]): string | undefined {
  return texts.find((one) => typeof one === 'string' && one !== '' && one.length <= LONGEST) as string | undefined
}
