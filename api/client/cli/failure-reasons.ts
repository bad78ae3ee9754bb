import type { BatchItem, Client } from '../src/index.ts'
import { countText } from './pace.ts'

const PLACES_KEPT = 5
/**
 * Reasons come from closed lists and name fields. The limit bounds memory for a file with a million different mistakes.
 */
const REASONS_AT_MOST = 1_000

/**
 * A reason why items did not succeed, with the first few of them: by line of the upload if it is known, and by index
 * from 0.
 */
export type FailureReason = {
  Status: BatchItem['Status']
  StatusCode?: number
  Reason: string
  Count: number
  Lines: number[]
  ItemIndexes: number[]
}

/** Groups items by failure reason; `list` returns the reasons, the most frequent first. */
export function gatherReasons(): { take(item: BatchItem): void; list(): FailureReason[] } {
  const reasons = new Map<string, FailureReason>()
  return {
    take({ Status, StatusCode, Problem, Line, ItemIndex }) {
      if (!isFailure(Status)) return
      const { Errors = [], detail = '' } = Problem ?? {}
      const text =
        Errors.map(({ Pointer, Message }) => `${Pointer} ${Message}`).join('; ') || detail || 'no reason recorded'
      const key = JSON.stringify([Status, StatusCode, text])
      const isNew = !reasons.has(key) && reasons.size >= REASONS_AT_MOST
      const Reason = isNew ? 'other reasons' : text
      const group = isNew ? JSON.stringify([Status]) : key
      const code = StatusCode === undefined || isNew ? {} : { StatusCode }
      const found = reasons.get(group) ?? { Status, ...code, Reason, Count: 0, Lines: [], ItemIndexes: [] }
      reasons.set(group, found)
      found.Count++
      if (found.ItemIndexes.length < PLACES_KEPT) found.ItemIndexes.push(ItemIndex)
      if (Line !== undefined && found.Lines.length < PLACES_KEPT) found.Lines.push(Line)
    },
    list: () => [...reasons.values()].toSorted((one, other) => other.Count - one.Count),
  }
}

/** Reads the results of a batch and returns the reasons of all failures. */
export async function failureReasons(client: Client, batchId: string, signal: AbortSignal): Promise<FailureReason[]> {
  const reasons = gatherReasons()
  for await (const item of client.results(batchId, { signal })) reasons.take(item)
  return reasons.list()
}

/** A reason in one line: `1,204 Failed (502): The EMR cannot be reached; lines 3, 17, 18, ...` */
export function reasonText(reason: FailureReason): string {
  const { Status, StatusCode, Reason, Count } = reason
  const code = StatusCode === undefined ? '' : ` (${StatusCode})`
  return `${countText(Count)} ${Status}${code}: ${Reason.replace(/\.$/, '')}; ${placesText(reason)}`
}

/** The positions of its items: `lines 3, 17, 18, ...`, or by index from 0 if the lines are not known. */
export function placesText({ Count, Lines, ItemIndexes }: FailureReason): string {
  const [noun, places] = Lines.length > 0 ? ['line', Lines] : ['item', ItemIndexes]
  const more = Count > places.length ? ', ...' : ''
  return `${noun}${places.length === 1 && !more ? '' : 's'} ${places.join(', ')}${more}`
}

function isFailure(status: BatchItem['Status']): boolean {
  return ['Failed', 'OutcomeUnknown', 'Cancelled', 'Expired', 'Rejected'].includes(status)
}
