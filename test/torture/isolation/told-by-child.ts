import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * Runs a script of this folder as a process of its own with its order as JSON, and passes on all its messages. Throws
 * if it does not end well; ends it when the signal is aborted.
 */
export async function toldByChild<Report>(about: {
  script: string
  order: object
  environment: NodeJS.ProcessEnv
  tell: (report: Report) => void
  signal: AbortSignal
}): Promise<void> {
  const { script, order, environment, tell, signal } = about
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(order)], {
    env: environment,
    execArgv: ['--import', new URL('../../../shared/launch/end-with-parent.ts', import.meta.url).href],
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  child.on('message', (report) => tell(report as Report))
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    signal.throwIfAborted()
    if (code !== 0) throw new Error(`${script} ended with ${code}; what it said is above`)
  } finally {
    signal.removeEventListener('abort', kill)
  }
}
