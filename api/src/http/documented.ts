import { Job } from '@encounter-gateway/shared/contract/job.ts'
import { Problem, problems, type ProblemSlug } from '@encounter-gateway/shared/contract/problem.ts'
import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type, type TSchema } from '@sinclair/typebox'

/** The header fields of the replies below, for the API reference. */
const fields = {
  'X-Request-Id': Type.String({ description: 'Names this request in the log of the gateway; yours if you sent one.' }),
  Location: Type.String({ description: 'The path of the job.' }),
  'Retry-After': Type.Integer({ description: 'Ask again after so many seconds.' }),
  'Preference-Applied': Type.String({ description: 'Which preferences of the `Prefer` header were followed.' }),
  'Idempotency-Replayed': Type.String({ description: '`true`: the Idempotency-Key was used before; this is its job.' }),
  'RateLimit-Policy': Type.String({ description: 'How many requests the application may send in which time.' }),
  RateLimit: Type.String({ description: 'How many of them are left, and when it starts anew.' }),
  'WWW-Authenticate': Type.String({ description: 'That the application is to identify itself.' }),
  ETag: Type.String({ description: 'Names this state of the job; send it as `If-None-Match`.' }),
}
export type ReplyField = keyof typeof fields

/** One reply of a route as the reference shows it, and as it is serialised. */
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

/** The 202 that a job which has not ended gets. */
export const runningReply = documented('The job is accepted and durable, and has not ended.', refTo(Job), [
  'Location',
  'Retry-After',
  'Preference-Applied',
])

/** The replies with the problem documents of these kinds; several of one status stand together. */
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

/** What every route of the API can answer. */
export const everyRoute = ['unauthorized', 'too-many-requests', 'internal', 'unavailable'] as const

/** The header field that makes a request safe to send again. */
export const idempotencyKeyField = Type.Optional(
  Type.String({
    description:
      '1 to 255 characters. The same key with the same content names the same job or batch, however often it is sent; with ' +
      'another content it is refused: 422, with the JobId or BatchId that the key names. It counts for one application and ' +
      'connection, while the job or batch is under way and then for as long as results are kept (`resultHours`, 72 if nothing ' +
      'else is set) after the job, or the last item of the batch, has ended. Used again after that it is a new key, and makes ' +
      'new encounters, with the same content too.',
  }),
)

/** Header fields of requests; described here, read by hand, since their mistakes are told together with those of the body. */
export const preferField = Type.Optional(
  Type.String({
    description: '`wait=N`: hold the reply up to N seconds (60 at most) for the outcome. `respond-async`: do not.',
  }),
)
