import type { GatewayProcess } from './gateway-process.ts'
import type { History } from './history.ts'

/** Tells a worker to end by SIGTERM, as a deploy does, and notes how it ended. Gives that. */
export async function stopWorker(worker: GatewayProcess, history: History): Promise<string> {
  const fromMs = history.now()
  const how = await worker.stop()
  history.note({ what: 'stop', name: worker.name, how, fromMs })
  return how
}
