import { scripts } from '@encounter-gateway/shared/records/scripts.ts'
import { Redis } from 'ioredis'
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'

/**
 * Loaded into a process by `--import`: stops it with the signal STOP_BY at a point that no test could hit from outside.
 * STOP_AT is `before begin` (Redis is about to be asked), `after begin` (Redis has answered, the process has not seen
 * it yet), or either with `finish`, or with `accept` in an api; the first such point counts. It prints `stopped before
 * begin` when it gets there.
 */
const [when, transition] = (process.env['STOP_AT'] ?? '').split(' ')
const signal = process.env['STOP_BY'] ?? 'SIGKILL'
const sha1 = (text: string | Buffer) => createHash('sha1').update(text).digest('hex')
const points: Record<string, { lua: string } | undefined> = {
  begin: scripts.begin,
  finish: scripts.finish,
  accept: scripts.accept,
}
const wanted = sha1(points[transition ?? '']?.lua ?? '')

let stopped = false
const sendCommand = Reflect.get(Redis.prototype, 'sendCommand')
Redis.prototype.sendCommand = function stopAt(this: Redis, ...[command, ...rest]: Parameters<typeof sendCommand>) {
  const script = String(command.args[0])
  const hit = (command.name === 'evalsha' && script === wanted) || (command.name === 'eval' && sha1(script) === wanted)
  const stop = () => {
    if (stopped) return
    stopped = true
    // past any buffer
    writeSync(2, `stopped ${when} ${transition}\n`)
    process.kill(process.pid, signal)
  }
  if (hit && when === 'before') stop()
  if (hit && when === 'after') void command.promise.then(stop, () => undefined)
  return sendCommand.call(this, command, ...rest)
}
