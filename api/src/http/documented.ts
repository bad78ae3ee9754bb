import { HeaderParameters } from '@encounter-gateway/shared/contract/header-parameters.ts'
import { Job } from '@encounter-gateway/shared/contract/job.ts'
import { Problem, problems, type ProblemSlug } from '@encounter-gateway/shared/contract/problem.ts'
import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type, type TSchema } from '@sinclair/typebox'

/** The header fields of the replies below, for the API reference. */
const fields = {
  'X-Request-Id': Type.String({
    description:
      'Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log.',
  }),
  Location: Type.String({ description: 'The path of the job or batch.' }),
  'Retry-After': Type.Integer({ description: 'Seconds to wait before the next request.' }),
  'Preference-Applied': Type.String({ description: 'The applied preferences of the `Prefer` header.' }),
  'Idempotency-Replayed': Type.String({
    description: '`true`: the Idempotency-Key was used before; the reply is its job or batch.',
  }),
  'RateLimit-Policy': Type.String({ description: 'Number of requests that the application may send per window.' }),
  RateLimit: Type.String({ description: 'Number of requests left in this window, and the seconds until its end.' }),
  'WWW-Authenticate': Type.String({ description: 'Asks the application to authenticate.' }),
  ETag: Type.String({ description: 'Identifies this state of the job; send it as `If-None-Match`.' }),
}
export type ReplyField = keyof typeof fields

/** A reply of a route, for the API reference and for serialisation. */
export function documented(
  description: string,
  schema?: TSchema,
  names: ReplyField[] = [],
  mediaType = 'application/json',
) {
  const headers = Object.fromEntries(['X-Request-Id' as const, ...names].map((name) => [name, fields[name]]))
  return schema
    ? { description, headers, content: { [mediaType]: { schema } } }
    : { description, headers, type: 'null' }
}

/** The 202 reply with a job that has not ended. */
export const runningReply = documented('The job is accepted and durable, and has not ended yet.', refTo(Job), [
  'Location',
  'Retry-After',
  'Preference-Applied',
])

/** The problem replies of a route, grouped by status. */
export function problemReplies(...slugs: ProblemSlug[]): Record<string, ReturnType<typeof documented>> {
  const byStatus = Map.groupBy(slugs, (slug) => problems[slug].status)
  const replies = [...byStatus].map(([status, ofStatus]) => {
    const description = ofStatus.map((slug) => `\`${slug}\`: ${problems[slug].title}.`).join(' ')
    return [String(status), documented(description, refTo(Problem), fieldsOf(status), 'application/problem+json')]
  })
  return Object.fromEntries(replies)
}

function fieldsOf(status: number): ReplyField[] {
  if (status === 401) return ['WWW-Authenticate']
  if (status === 429) return ['Retry-After', 'RateLimit-Policy', 'RateLimit']
  return status === 503 ? ['Retry-After'] : []
}

/** The problems that every route of the API can return. */
export const everyRoute = ['unauthorized', 'too-many-requests', 'internal', 'unavailable'] as const

/** The header field that makes a request safe to send again. */
export const idempotencyKeyField = Type.Optional(
  Type.String({
    description:
      '1 to 255 characters. A key makes a request safe to send again: with the same content it returns the same job or batch; ' +
      'with different content it is refused with 422 and the JobId or BatchId of the key. A key belongs to one application ' +
      'and connection. It is remembered until the job, or the last item of the batch, has ended, and then for as long as ' +
      'results are kept (`resultHours`, default 72). After that it is a new key and creates new encounters, also for the same ' +
      'content.',
  }),
)

/**
 * Header fields of requests. Only described here: the routes parse them, to report their mistakes with those of the
 * body.
 */
export const preferField = Type.Optional(
  Type.String({
    description: '`wait=N`: wait up to N seconds (at most 60) for the outcome. `respond-async`: reply at once.',
  }),
)

/** The header fields of a Retry that replace the credentials of the request. */
export const NewCredentials = Type.Pick(HeaderParameters, ['LoginId', 'Password', 'AuthorizationToken'])
