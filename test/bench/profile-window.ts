import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

/** The parent's commands; each is answered when it is done. */
export type ProfileCommand = { begin: true } | { endAt: string }

/**
 * Preloaded into a process under measurement: takes a CPU profile from one command of its parent to the next, so that
 * it does not include the start of the process, as `node --cpu-prof` would.
 */
const session = new Session()
session.connect()

process.on('message', (command: ProfileCommand) => void obey(command).then(() => process.send?.('done')))
// listening alone must not keep the process alive
process.channel?.unref()

async function obey(command: ProfileCommand): Promise<void> {
  if ('begin' in command) {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: 250 })
    await session.post('Profiler.start')
    return
  }
  const { profile } = await session.post('Profiler.stop')
  writeFileSync(command.endAt, JSON.stringify(profile))
}
