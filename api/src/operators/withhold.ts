import { emrSystems } from '@encounter-gateway/shared/contract/emr-system.ts'
import { shownFailureReason, WITHHELD } from '@encounter-gateway/shared/contract/failure-reasons.ts'
import type { Job } from 'bullmq'

/** The fields of a job's data that may be shown, and the pattern that each value must match. */
const shownFields: Record<string, RegExp> = {
  application: /^[A-Za-z0-9_-]{1,64}$/,
  BatchId: /^[0-9a-z]{1,40}$/,
  ItemIndex: /^[0-9]{1,9}$/,
  // fields of a webhook message
  id: /^msg_[a-z][0-9a-z]{19}_[0-9]{1,6}$/,
  type: /^encounter\.[a-z_]{1,30}$/,
  timestamp: /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}Z$/,
  JobId: /^[a-z][0-9a-z]{19}$/,
  EMRSystem: new RegExp(`^(?:${emrSystems.join('|')})$`),
  EmrInstance: /^[A-Za-z0-9_-]{1,64}$/,
  StatusCode: /^[0-9]{3}$/,
}
const shownGroups = new Set(['body', 'data'])

/** The names of the gateway's jobs. */
const shownName = /^(?:create-encounter|encounter\.(?:created|failed|outcome_unknown|cancelled|expired))$/

/**
 * Reduces a job to what may be shown without a right to patient data: everything that is not known to be routing is
 * withheld, so that neither a bug nor a library's error message can show patient data on the board. Changes the job in
 * memory only.
 */
export function showRoutingOnly<Shown extends Job>(job: Shown): Shown {
  const { delay, priority } = job.opts ?? {}
  return Object.assign(job, {
    name: shownName.test(job.name) ? job.name : WITHHELD,
    data: shownData(job.data),
    opts: { ...(Number.isInteger(delay) && { delay }), ...(Number.isInteger(priority) && { priority }) },
    progress: 0,
    returnvalue: null,
    stacktrace: [],
    failedReason: job.failedReason ? shownFailureReason(job.failedReason) : job.failedReason,
    deferredFailure: job.deferredFailure ? shownFailureReason(job.deferredFailure) : undefined,
    processedBy: undefined,
    deduplicationId: undefined,
    repeatJobKey: undefined,
    parent: undefined,
    parentKey: undefined,
  })
}

/**
 * The routing in a job's data, at most two groups deep. Values that do not match are withheld, unknown names left out.
 */
export function shownData(data: unknown, depth = 0): Record<string, unknown> {
  if (typeof data !== 'object' || data === null || depth > 2) return {}
  const fields = Object.entries(data).flatMap(([name, value]: [string, unknown]): [string, unknown][] => {
    if (shownGroups.has(name)) return [[name, shownData(value, depth + 1)]]
    const pattern = Object.hasOwn(shownFields, name) ? shownFields[name] : undefined
    if (!pattern) return []
    const plain = typeof value === 'string' || typeof value === 'number'
    return [[name, plain && pattern.test(String(value)) ? value : WITHHELD]]
  })
  return Object.fromEntries(fields)
}
