import { nameOf, type ConnectionName } from '../contract/connection-name.ts'
import { KEY_PREFIX } from '../redis/key-prefix.ts'

/**
 * The queue name of a connection. The braces make it the hash tag of Redis Cluster, so that all keys of a job are in
 * one slot and each transition can be one script.
 */
export function queueNameOf(connection: ConnectionName): string {
  return `{${nameOf(connection)}}`
}

/** The common start of a connection's keys: `eg:{Cerner.default}`. */
export function keyBaseOf(connection: ConnectionName): string {
  return `${KEY_PREFIX}:${queueNameOf(connection)}`
}

/** An application's requests in one minute, by its number since the epoch; shared by all connections. */
export function requestsKey(application: string, minute: number): string {
  return `${KEY_PREFIX}:{requests:${application}}:${minute}`
}

/** The channel on which JobIds and BatchIds are published when they end. */
export const FINISHED_CHANNEL = 'eg:finished'

/** The channel on which the api asks workers for previews. */
export const PREVIEWS_CHANNEL = `${KEY_PREFIX}:previews`

/** The channel on which one process of the api gets its previews. */
export function previewedChannel(process: string): string {
  return `${KEY_PREFIX}:previewed:${process}`
}

/** The processes of the gateway, by id. */
export const FLEET_KEY = `${KEY_PREFIX}:fleet`

/** The audit log of all connections, and the hash of its newest entry: in one hash slot of their own. */
export const AUDIT_KEY = `${KEY_PREFIX}:{audit}:log`
export const AUDIT_HEAD_KEY = `${KEY_PREFIX}:{audit}:head`

/** The keys of one connection's records, all in the hash slot of its queue. */
export function recordKeys(connection: ConnectionName) {
  const base = keyBaseOf(connection)
  return {
    base,
    payload: (jobId: string) => `${base}:payload:${jobId}`,
    dispatch: (jobId: string) => `${base}:dispatch:${jobId}`,
    outcome: (jobId: string) => `${base}:outcome:${jobId}`,
    /** By the name of an Idempotency-Key: its job and the fingerprint of the content. */
    idempotency: (name: string) => `${base}:idempotency:${name}`,
    history: (jobId: string) => `${base}:history:${jobId}`,
    /** By application: the number of accepted jobs that have not ended. */
    depth: `${base}:depth`,
    /** While `depth` is counted anew: how far, and what was counted so far. */
    recount: `${base}:recount`,
    /** By the name of an Idempotency-Key: its BatchId. */
    batchKey: (name: string) => `${base}:batch-key:${name}`,
    batch: (batchId: string) => `${base}:batch:${batchId}`,
    /** One letter per item; see batches.ts. */
    items: (batchId: string) => `${base}:items:${batchId}`,
    /** Eight bytes per item, by which it is recognised. */
    prints: (batchId: string) => `${base}:prints:${batchId}`,
    rejections: (batchId: string) => `${base}:rejections:${batchId}`,
    /** The applications with waiting batch items, by start tag. */
    turns: `${base}:turns`,
    /** The tags of the other applications, and the virtual time. */
    fair: `${base}:fair`,
    /** An application's batches with waiting items, by age. */
    backlog: (application: string) => `${base}:backlog:${application}`,
    /** Lock for giving turns. */
    turning: `${base}:turning`,
    /** Batches whose upload is open, by when the last of it came as far as is known here. */
    receiving: `${base}:receiving`,
    cancelling: `${base}:cancelling`,
    /** Reopened jobs that no worker has begun yet, by the time of the sweep's last check. */
    reopened: `${base}:reopened`,
    jobs: (application: string) => `${base}:jobs:${application}`,
    /** By status: jobs that ended without success, by when; of all applications or of one. */
    ended: (status: string, application?: string) =>
      application === undefined ? `${base}:ended:${status}` : `${base}:ended:${status}:${application}`,
    /** How far the jobs that ended before those lists were kept have been added to them, by application. */
    endedIndexed: `${base}:ended-indexed`,
    /** Figures of ten minutes, by number of the block since the epoch; see tally.ts. */
    minutes: (block: number) => `${base}:minutes:${block}`,
    /** What operators have ordered. */
    control: `${base}:control`,
    /** BullMQ's own hash of a job. */
    queued: (jobId: string) => `${base}:${jobId}`,
    /** The following nine are the keys of BullMQ's own script for adding a job. */
    wait: `${base}:wait`,
    paused: `${base}:paused`,
    meta: `${base}:meta`,
    id: `${base}:id`,
    completed: `${base}:completed`,
    delayed: `${base}:delayed`,
    active: `${base}:active`,
    events: `${base}:events`,
    marker: `${base}:marker`,
    prioritized: `${base}:prioritized`,
    failed: `${base}:failed`,
    pending: `${base}:pending`,
    outbox: `${base}:events-out`,
    /** The same as versions up to 0.1 kept it, a sorted set. What they left is moved to the feeds. */
    oldOutbox: `${base}:outbox`,
    /** Entries of the outbox that could not be read, newest first. */
    outboxUnreadable: `${base}:outbox-unreadable`,
    /** The count of begins and ends, and when the store last forgot some of them. */
    moves: `${base}:moves`,
    breaker: `${base}:breaker`,
    /** Counts of calls, by which the breaker opens, and of 429s in a row. */
    calls: `${base}:calls`,
    /** By login (logins.ts): how often it was refused in a row; and `version`, which changes with them. */
    logins: `${base}:logins`,
    /** Logins that are refused, by the time at which one job may try again. */
    refusedLogins: `${base}:refused-logins`,
    /** Jobs that wait for a login; and the logins for which jobs wait. */
    parkedForLogin: (login: string) => `${base}:parked-for-login:${login}`,
    parkingLogins: `${base}:parking-logins`,
    /** The moment of the next call, ms since the epoch, while it is in the future. */
    pace: `${base}:pace`,
    /** Written to learn whether replicas have what was written before; see confirm.ts. */
    confirmation: `${base}:confirmation`,
    /** The end of the pause that the EMR asked for, ms since the epoch. */
    hold: `${base}:hold`,
  }
}

/** All keys of a connection's records. */
export type RecordKeys = ReturnType<typeof recordKeys>
