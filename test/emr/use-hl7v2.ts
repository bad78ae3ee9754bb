import type { Emr } from '@encounter-gateway/worker/emr/emr.ts'
import { afterEach } from 'vitest'
import { openPort } from '../fixtures/port.ts'
import { openHl7v2, type Receiver, type SimulatedHl7v2 } from './hl7v2.ts'

/** Simulated receivers and connectors to them, all closed after each test of a file. */
export function useHl7v2() {
  const opened: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).toReversed()) await close()
  })
  const later = (close: () => Promise<void>) => opened.push(close)
  const receiver = async (about: Receiver = {}): Promise<SimulatedHl7v2> => {
    const emr = await openHl7v2(about)
    later(async () => emr[Symbol.asyncDispose]())
    return emr
  }
  /** A connector of MEDITECH's profile, or of Epic's, to a receiver. */
  const port = (options: Record<string, unknown>, emrSystem: 'Meditech' | 'Epic' = 'Meditech'): Emr => {
    const connector = openPort(emrSystem, 'hl7v2', { onUnknownOutcome: 'resend', ...options })
    later(() => connector.close())
    return connector
  }
  return { later, receiver, port }
}

/** The sample's codes are not real ones: at a site that leaves out misfits, the rest arrives. */
export const lenient = { onMisfit: 'leave-out', defaultPatientClass: 'U', elements: { 'PID-3.5': { maxLength: 20 } } }

/** What the receiver of such a site has agreed to beyond the standard. */
export const agreed = { lengths: { 'PID-3.5': 20 } }
