import { join } from 'node:path'
import { takeDataFolder } from './data-folder.ts'
import { demonstrate } from './demonstrate.ts'
import { checkPortFree, readPort } from './free-port.ts'
import { LaunchError } from './launch-error.ts'
import { LOCAL_CONFIG } from './local-config.ts'
import { provideRedis } from './provide-redis.ts'
import { keepSealingKey } from './sealing-key.ts'
import { ROOT, startService, untilReady, type Service } from './service.ts'
import { untilAskedToStop } from './stop-signals.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'
import { whereThingsAre } from './where-things-are.ts'

const SECONDS = 1000
/** The API and the worker finish what is under way; an attempt may take as long as its connection's `timeoutMs`. */
const DRAIN_MS = 40 * SECONDS
/** The webhook about the first job comes within milliseconds of its end, unless the machine is very busy. */
const FIRST_WEBHOOK_MS = 10 * SECONDS

/** Ends something that is running; called in reverse order. */
type Ending = () => Promise<void> | void
const endings: Ending[] = []
const services: Service[] = []

const killServices = () => services.forEach((service) => service.kill())
const print = (line: string) => process.stdout.write(`${line}\n`)

/** Starts everything, then waits until something ends by itself, which it throws as a `LaunchError`. */
async function run(stop: AbortSignal): Promise<never> {
  const host = process.env['HOST'] || '127.0.0.1'
  const ports = {
    api: readPort('PORT', 3000),
    worker: readPort('WORKER_PORT', 3001),
    sandbox: readPort('SANDBOX_PORT', 4010),
  }
  const { folder, release } = takeDataFolder(process.env['DATA_DIR'] || join(ROOT, '.data'))
  endings.push(release)
  await checkPortFree(ports.api, host, 'PORT')
  await checkPortFree(ports.worker, host, 'WORKER_PORT')
  await checkPortFree(ports.sandbox, '127.0.0.1', 'SANDBOX_PORT')
  const sealingKey = keepSealingKey(join(folder, 'sealing-key'))

  const redis = await provideRedis(join(folder, 'redis'), print)
  endings.push(redis.close)
  stop.throwIfAborted()
  const receiver = await startWebhookReceiver(print)
  endings.push(() => receiver.close())

  const ownConfig = process.env['GATEWAY_CONFIG']
  const env = {
    GATEWAY_CONFIG: ownConfig || LOCAL_CONFIG,
    SEALING_KEY: (ownConfig && process.env['SEALING_KEY']) || sealingKey,
    REDIS_URL: redis.url,
    HOST: host,
    LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn',
    PORT: String(ports.api),
    WORKER_PORT: String(ports.worker),
    SANDBOX_PORT: String(ports.sandbox),
    SANDBOX_URL: `http://127.0.0.1:${ports.sandbox}`,
    WEBHOOK_URL: receiver.url,
  }
  const start = (name: string, script: string) => {
    const service = startService(name, script, { env, lifeline: redis.lifeline })
    services.push(service)
    return service
  }
  const sandbox = start('The Sandbox EMR', 'sandbox')
  endings.push(() => sandbox.stop(5 * SECONDS))
  const api = start('The API', 'api')
  const worker = start('The worker', 'worker')
  endings.push(async () => void (await Promise.all([api.stop(DRAIN_MS), worker.stop(DRAIN_MS)])))
  const failure = Promise.race([
    ...services.map(async ({ name, ended }) => {
      throw new LaunchError(`${name} ended unexpectedly (${await ended}).`)
    }),
    redis.ended.then(() => {
      // Nothing that they finish could be recorded: there is nothing to wait for.
      killServices()
      throw new LaunchError('Redis ended unexpectedly.')
    }),
  ])

  const gateway = `http://127.0.0.1:${ports.api}`
  const ready = Promise.all([
    untilReady(sandbox, `http://127.0.0.1:${ports.sandbox}/health`, stop),
    untilReady(api, `${gateway}/readyz`, stop),
    untilReady(worker, `http://127.0.0.1:${ports.worker}/readyz`, stop),
  ])
  await Promise.race([ready, failure])
  const demonstrated = async () => {
    const jobId = await demonstrate(gateway, print)
    if (!(await receiver.hasHeardOf(jobId, FIRST_WEBHOOK_MS))) print(`Webhook  about job ${jobId}: not here yet`)
  }
  // Another configuration has other applications, whose keys are not known here.
  if (!ownConfig) await Promise.race([demonstrated(), failure])
  stop.throwIfAborted()
  for (const line of whereThingsAre(gateway, ports.worker, ownConfig)) print(line)
  print(`ready ${gateway}`)
  return failure
}

const { asked, hurried } = untilAskedToStop()
const stop = new AbortController()
let exitCode = 0
try {
  await Promise.race([run(stop.signal), asked])
  print('Stopping: work in progress is finished first. Press Ctrl-C again to stop at once.')
} catch (error) {
  exitCode = 1
  print(error instanceof LaunchError ? error.message : String(error instanceof Error ? error.stack : error))
}
stop.abort()
void hurried.then(killServices)
for (const end of endings.toReversed()) await end()
process.exit(exitCode)
