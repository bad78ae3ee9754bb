import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { prettyFactory } from 'pino-pretty'

const prettify = process.stdout.isTTY ? prettyFactory({ colorize: true, ignore: 'pid,hostname' }) : undefined

/**
 * Forwards the output of a service, line by line: log lines unchanged, or coloured on a terminal; others after its
 * name.
 */
export function passOutput(stream: Readable | null, name: string): void {
  if (!stream) return
  createInterface({ input: stream }).on('line', (line) => {
    const isLog = line.startsWith('{')
    process.stdout.write(isLog ? (prettify?.(line) ?? `${line}\n`) : `${name}: ${line}\n`)
  })
}
