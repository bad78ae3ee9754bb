import { nameOf, type ConnectionName } from '../contract/connection-name.ts'

/** First part of every key, BullMQ's and ours. */
export const KEY_PREFIX = 'eg'

/**
 * A connection's queue name. The braces make it the Redis Cluster hash tag, so that everything one job touches
 * lies in one slot and each transition can be one script.
 */
export function queueNameOf(connection: ConnectionName): string {
  return `{${nameOf(connection)}}`
}

/** Start of a connection's keys: `eg:{Cerner.default}`. */
export function keyBaseOf(connection: ConnectionName): string {
  return `${KEY_PREFIX}:${queueNameOf(connection)}`
}

/** Channel on which each outcome's JobId is published. */
export const FINISHED_CHANNEL = 'eg:finished'

/** Where the records of one connection lie; all in the hash slot of its queue. */
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
    /** By a hash of the EncounterId: whose job that encounter is, where the EMR itself cannot tell. */
    claim: (encounterHash: string) => `${base}:claim:${encounterHash}`,
    /** By application: how many of its jobs are accepted and have not ended. */
    depth: `${base}:depth`,
    /** While `depth` is counted anew: how far, and what was counted so far. */
    recount: `${base}:recount`,
    /** By the name of an Idempotency-Key: its BatchId. */
    batchKey: (name: string) => `${base}:batch-key:${name}`,
    batch: (batchId: string) => `${base}:batch:${batchId}`,
    /** One letter per item; see batches.ts. */
    items: (batchId: string) => `${base}:items:${batchId}`,
    /** Eight bytes per item, by which it is known again. */
    prints: (batchId: string) => `${base}:prints:${batchId}`,
    rejections: (batchId: string) => `${base}:rejections:${batchId}`,
    /** The applications whose batch items wait, by start tag; and the tags of those that do not, and the virtual time. */
    turns: `${base}:turns`,
    fair: `${base}:fair`,
    /** An application's batches with waiting items, by age. */
    backlog: (application: string) => `${base}:backlog:${application}`,
    /** Held by whoever hands out turns. */
    turning: `${base}:turning`,
    /** Batches whose upload is open, by when the last of it came as far as is known here. */
    receiving: `${base}:receiving`,
    cancelling: `${base}:cancelling`,
    /** Jobs that a Retry opened again and that no worker has begun since, by when the sweep last looked at them. */
    reopened: `${base}:reopened`,
    jobs: (application: string) => `${base}:jobs:${application}`,
    /** BullMQ's own hash of a job. */
    queued: (jobId: string) => `${base}:${jobId}`,
    wait: `${base}:wait`,
    paused: `${base}:paused`,
    prioritized: `${base}:prioritized`,
    completed: `${base}:completed`,
    failed: `${base}:failed`,
    pending: `${base}:pending`,
    outbox: `${base}:outbox`,
    /** Entries of the outbox that could not be read, newest first. */
    outboxUnreadable: `${base}:outbox-unreadable`,
    breaker: `${base}:breaker`,
    /** Until when the EMR asked to be left alone, ms since the epoch. */
    hold: `${base}:hold`,
  }
}
export type RecordKeys = ReturnType<typeof recordKeys>
