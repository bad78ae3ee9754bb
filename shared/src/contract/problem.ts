import { Type, type Static } from '@sinclair/typebox'

/** One mistake in a request. `Message` never quotes a value, since a value may be patient data. */
export const FieldError = Type.Object(
  {
    Pointer: Type.String({
      description: 'JSON Pointer (RFC 6901) of the property at fault; the empty string means the whole body.',
    }),
    Message: Type.String({ description: 'What is wrong with it, in human-readable form.' }),
  },
  { additionalProperties: false },
)
export type FieldError = Static<typeof FieldError>

/** An error reply as RFC 9457 defines it, sent as `application/problem+json`. */
export const Problem = Type.Object(
  {
    type: Type.String({
      description: 'The kind of problem, machine-readable: `urn:encounter-gateway:problem:` and a name.',
    }),
    title: Type.String({ description: 'Human-readable summary; the same for every problem of this type.' }),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status code.' }),
    detail: Type.String({ description: 'Human-readable explanation of this occurrence, without patient data.' }),
    instance: Type.Optional(
      Type.String({ description: 'Identifies this occurrence: the path of the request or job.' }),
    ),
    JobId: Type.Optional(Type.String({ description: 'The job that the request conflicts with.' })),
    BatchId: Type.Optional(Type.String({ description: 'The batch that the upload conflicts with.' })),
    Errors: Type.Optional(
      Type.Array(FieldError, { description: 'The mistakes found in the request, one per property, at most 200.' }),
    ),
    ErrorsOmitted: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Number of mistakes beyond those that `Errors` lists.' }),
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

/** Every kind of problem that the gateway reports, by the name that ends its `type`. */
export const problems = {
  // Refusals: nothing was accepted.
  'invalid-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'invalid-header': { status: 400, title: 'A header of the request is not valid' },
  unauthorized: { status: 401, title: 'Unknown application or wrong key' },
  forbidden: { status: 403, title: 'The application may not use this EMR' },
  'operator-unauthorized': { status: 401, title: 'Unknown operator' },
  'operator-forbidden': { status: 403, title: 'The operator may not do this' },
  'not-found': { status: 404, title: 'Not found' },
  'unknown-emr-system': { status: 404, title: 'Unknown EMR system' },
  'unknown-connection': { status: 404, title: 'No connection to this EMR is configured' },
  'method-not-allowed': { status: 405, title: 'The path does not support this method' },
  conflict: { status: 409, title: 'The current state does not allow this' },
  gone: { status: 410, title: 'No longer available' },
  'count-moved': { status: 409, title: 'More or fewer jobs match than in the dry run' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'upload-stalled': { status: 408, title: 'The upload stalled' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'idempotency-mismatch': { status: 422, title: 'The Idempotency-Key was already used with different content' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'queue-full': { status: 429, title: 'Too many jobs are waiting' },
  internal: { status: 500, title: 'Internal error of the gateway' },
  unavailable: { status: 503, title: 'The gateway cannot accept requests now' },
  // Outcomes: the request was accepted, and its job ended like this.
  'emr-rejected-content': { status: 400, title: 'The EMR rejected the content' },
  'emr-login-failed': { status: 401, title: 'The EMR rejected the login' },
  'emr-refused-user': { status: 403, title: 'The EMR does not allow the user to do this' },
  'emr-timeout': { status: 408, title: 'The EMR did not answer in time' },
  'outcome-unknown': { status: 408, title: 'It is not known whether the EMR created the encounter' },
  cancelled: { status: 409, title: 'The job was cancelled before it was sent to the EMR' },
  expired: { status: 408, title: 'The job did not finish before its deadline' },
  'dispatch-failed': { status: 500, title: 'The gateway failed to send the encounter' },
  'emr-unavailable': { status: 502, title: 'The EMR could not be reached or was unavailable' },
} as const satisfies Record<string, { status: number; title: string }>

/** The name of a kind of problem: the last part of its `type`. */
export type ProblemSlug = keyof typeof problems

/** The `type` of a kind of problem; a URN, since there is no page to fetch. */
export function problemType(slug: ProblemSlug): string {
  return `urn:encounter-gateway:problem:${slug}`
}

/** Builds a problem document. `detail` is for people and must contain neither patient data nor credentials. */
export function problem(
  slug: ProblemSlug,
  detail: string,
  extra: Pick<Problem, 'instance' | 'JobId' | 'BatchId' | 'Errors' | 'ErrorsOmitted'> = {},
): Problem {
  return { type: problemType(slug), ...problems[slug], detail, ...extra }
}
