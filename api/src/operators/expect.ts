import { createHash } from 'node:crypto'
import { Refusal } from '../http/refusal.ts'

/** The share by which a number may differ from that of the dry run. */
const MAY_MOVE = 0.1

/** What an act must present: the number of a dry run, bound to what it was about. */
export function expectOf(count: number, about: string): string {
  return `${count}.${createHash('sha256').update(about).digest('base64url').slice(0, 16)}`
}

/**
 * Throws a 409 if `expect` is not of a dry run about the same, or if the number has moved by more than a tenth since.
 */
export function requireExpected(count: number, expect = '', about: string): void {
  const expected = Number(expect.split('.', 1)[0])
  if (expect !== expectOf(expected, about)) {
    throw new Refusal('count-moved', 'Expect must come from a dry run of the same: send DryRun first.')
  }
  if (Math.abs(count - expected) > expected * MAY_MOVE) {
    throw new Refusal('count-moved', `${count} match now, ${expected} in the dry run: look again before acting.`)
  }
}
