import { Type, type Static } from '@sinclair/typebox'

/** An identifier of an encounter other than its EncounterId. */
export const AlternativeIdentifier = Type.Object(
  {
    Code: Type.String({ description: 'The kind of identifier, as a code: `FIN`, `VN`, `CSN`.' }),
    Description: Type.String({ description: 'The kind of identifier, in words.' }),
    Value: Type.String({ description: 'The identifier itself.' }),
  },
  { additionalProperties: false },
)
export type AlternativeIdentifier = Static<typeof AlternativeIdentifier>

/** All other identifiers of an encounter; empty if the EMR returned none. */
export const AlternativeIdentifiers = Type.Array(AlternativeIdentifier, {
  description:
    'Other identifiers of the same encounter: its financial number, its visit number, the gateway’s own key. May be empty.',
})

/** The reply to a request that has created an encounter (201). */
export const EncounterCreated = Type.Object(
  {
    EncounterId: Type.String({ description: 'Identifier of the new encounter in the EMR.' }),
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
