import { loadConfig } from '@encounter-gateway/shared/config/config.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { createLogger } from '@encounter-gateway/shared/logger.ts'
import { confirmOn } from '@encounter-gateway/shared/redis/confirm.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { createEncounter } from '../attempts/create-encounter.ts'
import { openAtWork } from '../open-at-work.ts'
import { connectorOptions } from '../emr/registry.ts'
import { ShutdownError } from '../emr/shutdown-error.ts'
import type { FromQuarantine, ToQuarantine } from './messages.ts'
import { wayOutOf } from './way-out.ts'

/*
 * The process of one lane (lane.ts): runs jobs whose worker has died, so that they cannot kill the worker again. It ends
 * with its worker, and leaves signals to it: a terminal sends them to both.
 */
process.on('disconnect', () => process.exit())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)

const log = createLogger('worker').child({ quarantine: process.pid })
const stopping = new AbortController()
// listens from the start: messages that arrive before all is ready wait
const opened = Promise.withResolvers<ReturnType<typeof openAll>>()
process.on('message', (message: ToQuarantine) => {
  if (message.kind === 'ping') tell({ kind: 'pong' })
  else if (message.kind === 'stop') stopping.abort(new ShutdownError('the process must end'))
  else void opened.promise.then(async (connections) => tell(await runOne(message, connections)))
})

const config = loadConfig(process.env['GATEWAY_CONFIG'], process.env, connectorOptions)
const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
const redis = connectRedis(url, 'consumer')
redis.on('error', (err: Error) => log.debug({ err }, 'redis.error'))
const confirming = confirmOn(redis, config.redis.replicas, () => connectRedis(url, 'consumer'))
await Promise.all([redis, confirming].map((client) => untilReady(client)))
opened.resolve(openAll())
tell({ kind: 'ready' })

/** Each connection is opened when its first job arrives. */
function openAll() {
  const byName = new Map<string, ReturnType<typeof openAtWork>>()
  return (name: string) => {
    const connection = config.connections.find((each) => nameOf(each) === name)
    if (!connection) throw new Error('this connection is not configured')
    const known = byName.get(name)
    if (known) return known
    const at = openAtWork({
      config,
      connection,
      redis,
      log,
      stopping: stopping.signal,
      finished: () => tell({ kind: 'finished', connection: name }),
      attempted: (attempt) => tell({ kind: 'attempted', connection: name, attempt }),
      succeededLate: (late) => tell({ kind: 'succeededLate', connection: name, late }),
    })
    byName.set(name, at)
    return at
  }
}

async function runOne(
  { run, connection, jobId, token }: Extract<ToQuarantine, { kind: 'run' }>,
  connections: ReturnType<typeof openAll>,
): Promise<FromQuarantine> {
  try {
    const { atWork } = connections(connection)
    const job = await atWork.records.queue.getJob(jobId)
    if (job) await createEncounter(job, token, atWork)
    return { kind: 'ended', run, wayOut: { kind: 'done' } }
  } catch (error) {
    return { kind: 'ended', run, wayOut: wayOutOf(error) }
  }
}

function tell(message: FromQuarantine): void {
  if (process.connected) process.send?.(message, () => undefined)
}
