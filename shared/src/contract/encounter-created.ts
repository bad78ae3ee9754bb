import { Type, type Static } from '@sinclair/typebox'

/** One more identifier of an encounter, beside its EncounterId. */
export const AlternativeIdentifier = Type.Object(
  {
    Code: Type.String({ description: 'The kind of identifier, as a code: `FIN`, `VN`, `CSN`.' }),
    Description: Type.String({ description: 'The kind of identifier, in words.' }),
    Value: Type.String({ description: 'The identifier itself.' }),
  },
  { additionalProperties: false },
)
export type AlternativeIdentifier = Static<typeof AlternativeIdentifier>

/** All other identifiers of an encounter; empty when the EMR gave none. */
export const AlternativeIdentifiers = Type.Array(AlternativeIdentifier, {
  description:
    'Other identifiers of the same encounter: its financial number, visit number, our own key. May be empty.',
})

/** The reply to a request that has created an encounter (201). */
export const EncounterCreated = Type.Object(
  {
    EncounterId: Type.String({ description: 'The identifier by which the EMR knows the new encounter.' }),
    AlternativeIdentifiers,
  },
  {
    $id: 'EncounterCreated',
    description: 'The encounter that now exists in the EMR.',
    additionalProperties: false,
    examples: [
      {
        EncounterId: '97953478',
        AlternativeIdentifiers: [{ Code: 'FIN', Description: 'Financial number', Value: '22280' }],
      },
    ],
  },
)
export type EncounterCreated = Static<typeof EncounterCreated>
