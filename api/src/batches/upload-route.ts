import { SECOND } from '@encounter-gateway/shared/durations.ts'
import { Batch } from '@encounter-gateway/shared/contract/batch.ts'
import { HeaderParameters } from '@encounter-gateway/shared/contract/header-parameters.ts'
import { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { batchPath, shownBatch } from '../jobs/own-batch.ts'
import { CODINGS, decodeUpload } from './decode-upload.ts'
import { itemReader, ITEM_LIMIT_BYTES } from './read-item.ts'
import { noteOf, receiveBatch } from './receive-batch.ts'
import { splitArray, splitLines } from './split-items.ts'
import { chooseConnection, chooseEmrSystem } from '../encounters/choose-connection.ts'
import { checkCharset } from '../http/json-body.ts'
import { Refusal } from '../http/refusal.ts'
import { idempotencyKeyOf } from '../encounters/read-parameters.ts'
import { headerParametersOf } from '../http/header-parameters.ts'
import { documented, everyRoute, idempotencyKeyField, problemReplies } from '../http/documented.ts'

/** An upload without data for this long is given up. */
const STALL_MS = 30 * SECOND
/** After a refusal the connection stays open this long, so that the client can read the reply. */
const LINGER_MS = 10 * SECOND
/** The registered name, and those by which other tools call the same format. */
const NDJSON = ['x-ndjson', 'ndjson', 'jsonl', 'x-jsonl', 'jsonlines', 'x-jsonlines'].map(
  (name) => `application/${name}`,
)

const params = Type.Object({ EMRSystem: Type.String({ description: 'The EMR, in any letter case.' }) })
const about = { tags: ['Batches'], params }
const { EmrInstance, LoginId, Password, AuthorizationToken, RequestVerboseLogging } = HeaderParameters.properties

const upload = {
  ...about,
  operationId: 'createBatch',
  summary: 'Upload a batch of patient encounters',
  description:
    'The body is a stream of any length: one request body per line (`application/x-ndjson`), or one JSON array of request ' +
    'bodies. Each valid item becomes a durable job as soon as it has been read; an invalid item is rejected and reported by ' +
    'its index, and does not affect the others. The 202 is sent when the stream ends. If the upload breaks off, send the ' +
    'same content again with the same Idempotency-Key: only the rest is accepted. Supported Content-Encodings: ' +
    `${CODINGS}. The header parameters apply to all items; LoginId, Password and AuthorizationToken may also be properties ` +
    'of the items. ApplicationName and ApplicationKey must be headers.',
  headers: Type.Object({
    EmrInstance,
    LoginId,
    Password,
    AuthorizationToken,
    RequestVerboseLogging,
    'Idempotency-Key': idempotencyKeyField,
  }),
  // read as a stream by the route; described in openapi.ts
  body: Type.Unknown(),
  response: {
    202: documented('The stream was read to its end; all accepted items are durable.', refTo(Batch), [
      ...(['Location', 'Retry-After', 'Idempotency-Replayed'] as const),
    ]),
    ...problemReplies(
      ...everyRoute,
      ...(['invalid-json', 'invalid-request', 'invalid-header', 'forbidden', 'unknown-emr-system'] as const),
      ...(['unknown-connection', 'upload-stalled', 'conflict', 'payload-too-large', 'queue-full'] as const),
      ...(['unsupported-media-type', 'idempotency-mismatch'] as const),
    ),
  },
}

const lookUp = {
  ...about,
  operationId: 'findBatch',
  summary: 'Find a batch by its Idempotency-Key',
  description:
    'Returns the batch of an upload, to see how much of it arrived: `Items` is the number of items read so far.',
  headers: Type.Object({ EmrInstance, 'Idempotency-Key': idempotencyKeyField }),
  response: {
    200: documented('The batch.', refTo(Batch), ['Location']),
    ...problemReplies(
      ...everyRoute,
      ...(['invalid-header', 'forbidden', 'not-found', 'unknown-emr-system', 'unknown-connection'] as const),
    ),
  },
}

/** The body of an upload, for the API reference. */
export const batchBodies = {
  'application/x-ndjson': {
    schema: { type: 'string', description: 'One PatientEncounterRequest per line.' },
  },
  'application/json': { schema: { type: 'array', items: { $ref: `${PatientEncounterRequest.$id}#` } } },
}

/** `/:EMRSystem/PatientEncounters/Batch`: uploads batches and finds them. `stallMs`: default 30 seconds. */
export const batchUpload: FastifyPluginAsyncTypebox<{ stallMs: number | undefined }> = async (app, options) => {
  const { stallMs = STALL_MS } = options
  app.removeAllContentTypeParsers()
  app.addContentTypeParser([...NDJSON, 'application/json'], async (request: FastifyRequest, body: Readable) => {
    checkCharset(request)
    // a body may still be arriving when the route refuses it
    request.raw.on('error', () => undefined)
    return body
  })

  app.post(
    '/:EMRSystem/PatientEncounters/Batch',
    { schema: upload, config: { streamsBody: true } },
    async (request, reply) => {
      const { application } = request
      lingerAfter(request, reply)
      const { emrSystem, connection } = target(app, request)
      const parameters = headerParametersOf(request)
      const key = idempotencyKeyOf(request)
      const { settings } = connection
      const { batches } = connection.records
      const { batch, known } = key
        ? await batches.batchOf(application.name, key)
        : { batch: batches.newBatch(application.name), known: false }
      Object.assign(request.noted, noteOf(connection, batch))
      if (known) reply.headers({ 'Idempotency-Replayed': 'true', Location: batchPath(batch.batchId) })

      const isArray = /^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')
      const { items, rejections } = await receiveBatch(app, {
        application,
        connection,
        batch,
        itemsKnown: known ? ((await batches.read(batch.batchId))?.view.Items ?? 0) : 0,
        pieces: withoutByteOrderMark(
          decodeUpload(request.body as Readable, request.headers['content-encoding'], stallMs),
        ),
        splitter: isArray ? splitArray(ITEM_LIMIT_BYTES) : splitLines(ITEM_LIMIT_BYTES),
        read: itemReader({ raw: request.raw, emrSystem, emrInstance: parameters.EmrInstance ?? settings.emrInstance }),
        begun: () => void reply.header('Location', batchPath(batch.batchId)),
      }).catch((error: unknown) => {
        // a lost connection gets no reply, and a request without a reply gets no log line
        if (request.raw.errored) request.log.info(request.noted, 'upload.brokenOff')
        throw error
      })
      request.noted['items'] = items
      if (items === 0) throw new Refusal('invalid-request', 'The upload has no items.')
      const said = await batches.received(batch, items)
      if (said === 'cancelled') throw new Refusal('conflict', 'The batch has been cancelled.')
      if (said === 'shorter') {
        const detail = `This upload has ${items} items; the earlier one with this Idempotency-Key had more.`
        throw new Refusal('idempotency-mismatch', detail, { BatchId: batch.batchId })
      }
      const stored = await batches.read(batch.batchId)
      if (!stored) throw new TypeError('a batch that was just accepted is gone')
      return reply
        .code(202)
        .header('Retry-After', 2)
        .send({
          ...shownBatch({ connection, batch: stored }),
          ...(rejections.length > 0 && { Rejections: rejections }),
        })
    },
  )

  app.get('/:EMRSystem/PatientEncounters/Batch', { schema: lookUp }, async (request, reply) => {
    const { connection } = target(app, request)
    const { batches } = connection.records
    const key = idempotencyKeyOf(request)
    if (!key) {
      const Errors = [
        { Pointer: '/Idempotency-Key', Message: 'header `Idempotency-Key` is required: it identifies the upload' },
      ]
      throw new Refusal('invalid-header', 'The Idempotency-Key of the upload is missing.', { Errors })
    }
    const batch = await batches.findBatchOf(request.application.name, key)
    const stored = batch && (await batches.read(batch.batchId))
    if (!stored) throw new Refusal('not-found', 'There is no upload with this Idempotency-Key.')
    return reply
      .header('Location', batchPath(stored.batchId))
      .code(200)
      .send(shownBatch({ connection, batch: stored }))
  })
}

type ToEmr = FastifyRequest & { params: Static<typeof params> }

function target(app: FastifyInstance, request: ToEmr) {
  const { application, params } = request
  const emrSystem = chooseEmrSystem(params.EMRSystem, application, app.connections)
  const { EmrInstance: instance } = headerParametersOf(request)
  return { emrSystem, connection: chooseConnection(emrSystem, instance, application, app.connections) }
}

async function* withoutByteOrderMark(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const piece of pieces) {
    if (!start) {
      yield piece
      continue
    }
    start = Buffer.concat([start, piece])
    if (start.length < 3) continue
    if (start[0] === 0 || start[1] === 0 || start.readUInt16BE() === 0xfeff || start.readUInt16BE() === 0xfffe) {
      throw new Refusal('unsupported-media-type', 'The upload is in UTF-16 or UTF-32; send it in UTF-8.')
    }
    yield start.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? start.subarray(3) : start
    start = undefined
  }
  if (start && start.length > 0) yield start
}

/** If the reply is sent before the end of the body, discards the rest for a while, then closes the connection. */
function lingerAfter({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('finish', () => {
    if (raw.complete) return
    const timer = setTimeout(() => raw.destroy(), LINGER_MS)
    raw.once('close', () => clearTimeout(timer))
    raw.resume()
  })
}
