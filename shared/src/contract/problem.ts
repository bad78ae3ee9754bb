import { Type, type Static } from '@sinclair/typebox'

/** One mistake in a request. `Message` never quotes a value, since a value may be patient data. */
export const FieldError = Type.Object(
  {
    Pointer: Type.String({
      description: 'JSON Pointer (RFC 6901) of the property at fault; the empty string is the whole body.',
    }),
    Message: Type.String({ description: 'What is wrong with it, in words for a person.' }),
  },
  { additionalProperties: false },
)
export type FieldError = Static<typeof FieldError>

/** An error reply as RFC 9457 defines it, sent as `application/problem+json`. */
export const Problem = Type.Object(
  {
    type: Type.String({
      description: 'What kind of problem it is, for programs: `urn:encounter-gateway:problem:` and a name.',
    }),
    title: Type.String({ description: 'The kind of problem in words; the same for every problem of this type.' }),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status code.' }),
    detail: Type.String({ description: 'What happened this time, in words for a person, without patient data.' }),
    instance: Type.Optional(Type.String({ description: 'Which occurrence this is: the path of the request or job.' })),
    JobId: Type.Optional(Type.String({ description: 'The job that stands against the request.' })),
    BatchId: Type.Optional(Type.String({ description: 'The batch that stands against the upload.' })),
    Errors: Type.Optional(
      Type.Array(FieldError, { description: 'Each mistake found in the request, one per property, at most 200.' }),
    ),
    ErrorsOmitted: Type.Optional(
      Type.Integer({ minimum: 1, description: 'How many more mistakes there are than `Errors` lists.' }),
    ),
  },
  {
    $id: 'Problem',
    description: 'Why a request was refused, or why no encounter was created (RFC 9457).',
    additionalProperties: false,
    examples: [
      {
        type: 'urn:encounter-gateway:problem:invalid-request',
        title: 'The request is not valid',
        status: 400,
        detail: '1 property of the request is not valid.',
        instance: '/api/v1/Sandbox/PatientEncounters',
        Errors: [{ Pointer: '/Encounter/FinancialNumbr', Message: 'is not known; did you mean `FinancialNumber`?' }],
      },
    ],
  },
)
export type Problem = Static<typeof Problem>

/** Every kind of problem the gateway tells, by the name that ends its `type`. */
export const problems = {
  // Refusals: nothing was accepted.
  'invalid-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'invalid-header': { status: 400, title: 'A header of the request is not valid' },
  unauthorized: { status: 401, title: 'The application is not known' },
  forbidden: { status: 403, title: 'The application may not use this EMR' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'unknown-emr-system': { status: 404, title: 'There is no such EMR system' },
  'unknown-connection': { status: 404, title: 'No connection to this EMR is configured' },
  conflict: { status: 409, title: 'The job or batch is not in a state that allows this' },
  gone: { status: 410, title: 'The result is no longer kept' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'upload-stalled': { status: 408, title: 'The upload came to a halt' },
  'unsupported-media-type': { status: 415, title: 'The body is of a type that is not taken here' },
  'idempotency-mismatch': { status: 422, title: 'The Idempotency-Key was used with another content' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'queue-full': { status: 429, title: 'Too many jobs are waiting' },
  internal: { status: 500, title: 'The gateway failed' },
  unavailable: { status: 503, title: 'The gateway cannot accept requests now' },
  // Outcomes: the request was accepted, and this became of it.
  'emr-rejected-content': { status: 400, title: 'The EMR did not accept the content' },
  'emr-login-failed': { status: 401, title: 'The EMR did not accept the login' },
  'emr-refused-user': { status: 403, title: 'The EMR does not allow this to the user' },
  'emr-timeout': { status: 408, title: 'The EMR did not answer in time' },
  'outcome-unknown': { status: 408, title: 'It is not known whether the EMR created the encounter' },
  cancelled: { status: 409, title: 'The job was cancelled before the EMR saw it' },
  expired: { status: 408, title: 'The job was not done before its deadline' },
  'dispatch-failed': { status: 500, title: 'The gateway failed to send the encounter' },
  'emr-unavailable': { status: 502, title: 'The EMR could not be reached or could not do it' },
} as const satisfies Record<string, { status: number; title: string }>

/** The name of a kind of problem: the last part of its `type`. */
export type ProblemSlug = keyof typeof problems

/** The `type` of a kind of problem; a URN, so that nobody expects a page there. */
export function problemType(slug: ProblemSlug): string {
  return `urn:encounter-gateway:problem:${slug}`
}

/** Builds a problem document. `detail` is for people and must hold neither patient data nor credentials. */
export function problem(
  slug: ProblemSlug,
  detail: string,
  extra: Pick<Problem, 'instance' | 'JobId' | 'BatchId' | 'Errors' | 'ErrorsOmitted'> = {},
): Problem {
  return { type: problemType(slug), ...problems[slug], detail, ...extra }
}
