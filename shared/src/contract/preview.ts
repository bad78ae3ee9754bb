import { Type, type Static } from '@sinclair/typebox'

/** One message that would be sent, without its headers, which hold the login. */
export const PreviewedMessage = Type.Object({
  To: Type.String({
    description: "Where it goes: method and path below the EMR's base address, or `MLLP`.",
    examples: ['POST Encounter'],
  }),
  ContentType: Type.String({ examples: ['application/fhir+json'] }),
  Body: Type.String({
    description:
      'The message as the EMR would get it. The JobId is `00000000000000000000`; what only the EMR or the login knows ' +
      'is named in parentheses, such as `(patient id)`.',
  }),
})
export type PreviewedMessage = Static<typeof PreviewedMessage>

/** What a request would become at the EMR: the reply to `DryRun=true`. */
export const Preview = Type.Object(
  {
    EMRSystem: Type.String(),
    EmrInstance: Type.String(),
    Messages: Type.Array(PreviewedMessage, { description: 'In the order in which they would be sent.' }),
    NotCarried: Type.Array(Type.String(), {
      description: 'JSON Pointers to what the EMR would not get, if it accepts everything that is sent.',
    }),
  },
  { $id: 'Preview', description: 'What would be sent to the EMR. Nothing was stored or sent.' },
)
export type Preview = Static<typeof Preview>

/** The JobId in a preview: a preview has no job. */
export const PREVIEW_JOB_ID = '0'.repeat(20)
