import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import type { FlowProducer, Job, Queue } from 'bullmq'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { shownData, showRoutingOnly } from './withhold.ts'

const BASE_PATH = '/admin/queues'

/** The board polls CLIENT LIST for each queue; with more queues than this it would cost Redis more than the jobs do. */
const MOST_QUEUES_WITH_WORKERS = 20

/** Allows the board's own scripts and styles, some of them inline, and nothing from elsewhere. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

/** The queues to show; `queues` by connection name, `Cerner.default`. */
export type BoardQueues = { queues: ReadonlyMap<string, Queue>; webhooks?: Queue | undefined }

/**
 * bull-board at `/admin/queues`, read-only: one line per connection and one for the webhooks. Jobs are filtered by
 * `showRoutingOnly`, and every request that could change something gets a 405. Requires the plugin `operators`, which
 * restricts access.
 */
export const board = fp(
  async function board(app: FastifyInstance, { queues, webhooks }: BoardQueues) {
    const adapters = [...queues].map(([name, queue]) => new RoutingOnlyAdapter(queue, name))
    if (webhooks) adapters.push(new RoutingOnlyAdapter(webhooks, 'Webhooks'))
    const server = new FastifyAdapter().setBasePath(BASE_PATH)
    createBullBoard({
      queues: adapters,
      serverAdapter: server,
      options: {
        uiConfig: {
          boardTitle: 'Encounter Gateway',
          hideDocsLink: true,
          showMetrics: false,
          showWorkers: adapters.length <= MOST_QUEUES_WITH_WORKERS,
          miscLinks: [{ text: 'Operators', url: '/admin' }],
        },
      },
    })

    // the board's own handler would send the error text, in which V8 quotes job data that is not JSON
    server.setErrorHandler((err) => {
      app.log.error({ err }, 'board.fault')
      return { status: 500, body: { error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' } } }
    })

    app.addHook('onRequest', async (request, reply) => {
      reply.header('content-security-policy', CONTENT_SECURITY_POLICY)
      if (request.method === 'GET' || request.method === 'HEAD') return undefined
      const refusal = {
        type: 'about:blank',
        title: 'Method Not Allowed',
        status: 405,
        detail: 'The board is read-only.',
      }
      return reply.code(405).header('allow', 'GET, HEAD').type('application/problem+json').send(refusal)
    })
    app.addHook('onSend', async (_request, reply, payload) => {
      const isPage = String(reply.getHeader('content-type')).startsWith('text/html')
      return isPage && typeof payload === 'string' ? payload.replaceAll(/<link href="https:[^>]*>/g, '') : payload
    })
    await app.register(async (scope) => {
      await scope.register(server.registerPlugin(), { prefix: BASE_PATH })
    })
  },
  { name: 'board', dependencies: ['operators'], encapsulate: true },
)

/** Restricts the board to what an operator may see. */
class RoutingOnlyAdapter extends BullMQAdapter {
  constructor(queue: Queue, displayName: string) {
    super(queue, { readOnlyMode: true, displayName })
    this.setFormatter('data', (data) => shownData(data))
    this.setFormatter('returnValue', () => null)
    this.setFormatter('progress', () => 0)
  }

  override async getJob(id: string): Promise<Job | undefined> {
    const job = await super.getJob(id)
    return job && showRoutingOnly(job)
  }

  override async getJobs(...range: Parameters<BullMQAdapter['getJobs']>): Promise<Job[]> {
    const jobs = await super.getJobs(...range)
    return jobs.map((job) => showRoutingOnly(job))
  }

  override async getJobLogs(): Promise<string[]> {
    return []
  }

  /** Flows would show jobs that bypass `getJob`; the gateway uses none. */
  override async getFlowProducer(): Promise<FlowProducer | null> {
    return null
  }

  /** The templates of schedulers contain data; the gateway uses no schedulers. */
  override async getJobSchedulers(): Promise<[]> {
    return []
  }
}
