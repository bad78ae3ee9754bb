import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = fileURLToPath(new URL('lifeline.sh', import.meta.url))

/**
 * Goes before a command, which then ends with its standard input: `TERM` in order, `KILL` with its whole process group
 * (`detached`).
 */
export function lifeline(signal: 'TERM' | 'KILL'): [file: string, ...args: string[]] {
  return ['sh', path, signal]
}

/** The same for a place without the file of this repository, such as a container. */
export function lifelineElsewhere(signal: 'TERM'): string[] {
  return ['sh', '-c', readFileSync(path, 'utf8'), 'lifeline', signal]
}
