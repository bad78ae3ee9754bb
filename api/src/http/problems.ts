import { problem, type Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { describeErrors } from '@encounter-gateway/shared/contract/validation-errors.ts'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { noteRoutes } from './allowed-methods.ts'
import { isRedisFault } from './redis-fault.ts'
import { Refusal } from './refusal.ts'

/**
 * The gateway reconnects within half a second of Redis' return (shared/src/redis/connect.ts); Redis may take longer to
 * load.
 */
const UNAVAILABLE_RETRY_S = 2

/** Sends every error as a problem document. The text of an unexpected error never leaves the process. */
export const problems = fp(
  async function problems(app: FastifyInstance) {
    app.setErrorHandler<FastifyError>((error, request, reply) => sendError(error, request, reply))
    const methodsAt = noteRoutes(app)
    app.setNotFoundHandler((request, reply) => {
      const methods = methodsAt(pathOf(request)).join(', ')
      const slug = methods ? 'method-not-allowed' : 'not-found'
      const detail = methods ? `Its methods are ${methods}.` : 'There is nothing at this path; see /docs.'
      return sendProblem(methods ? reply.header('Allow', methods) : reply, problem(slug, detail))
    })
  },
  { name: 'problems' },
)

/** Sends a problem document. Its `instance` is the path of the request unless the document names another. */
export function sendProblem(reply: FastifyReply, document: Problem): FastifyReply {
  const instance = pathOf(reply.request)
  return reply
    .code(document.status)
    .type('application/problem+json')
    .send({ ...document, instance: document.instance ?? instance })
}

/**
 * Converts any error of a request into a problem reply; also errors that Fastify raises before it has found a route.
 */
export function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof Refusal) return sendProblem(reply.headers(error.headers), error.problem)
  if (error.validation) return sendProblem(reply, invalidPart(error, request))
  const refused = refusedByFastify(error)
  if (refused) return sendProblem(reply, refused)
  if (isRedisFault(error)) {
    request.log.warn({ err: error }, 'redis.outOfReach')
    return sendProblem(reply.header('Retry-After', UNAVAILABLE_RETRY_S), redisAway())
  }
  request.log.error({ err: error }, 'request.fault')
  return sendProblem(
    reply,
    problem('internal', `This is an error of the gateway. Its log contains the cause, with request id ${request.id}.`),
  )
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? ''
}

function redisAway(): Problem {
  const detail =
    'The storage of the gateway is unreachable. Send the request again, with the same Idempotency-Key if it has one.'
  return problem('unavailable', detail)
}

function invalidPart({ validation, validationContext }: FastifyError, { routeOptions }: FastifyRequest): Problem {
  const schema = validationContext === 'querystring' ? routeOptions.schema?.querystring : undefined
  const found = describeErrors(validation, schema as Record<string, unknown> | undefined)
  const part = validationContext === 'querystring' ? 'query string' : (validationContext ?? 'request')
  return problem('invalid-request', `The ${part} is not valid.`, found)
}

/** Fastify's own refusals, with texts of the gateway: Fastify's messages quote the request. */
function refusedByFastify({ code, statusCode }: FastifyError): Problem | undefined {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem('payload-too-large', 'A body may have at most 1 MiB (1,048,576 bytes).')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return problem('unsupported-media-type', 'Send the body as `Content-Type: application/json`, in UTF-8.')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return problem('invalid-header', 'Content-Length differs from the length of the received body.')
    case 'FST_ERR_BAD_URL':
      return problem('not-found', 'The path is not a valid URL path.')
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return problem('not-found', 'A part of the path is too long.')
    default:
      if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined
      return problem('invalid-request', 'The request could not be read.')
  }
}
