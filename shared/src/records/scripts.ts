import { addStandardJob } from 'bullmq/dist/esm/scripts/addStandardJob-9.js'
import type { Callback, Result } from 'ioredis'
import { readFileSync } from 'node:fs'
import type { RedisClient } from '../redis/connect.ts'

/** An argument of a Redis command. */
export type Argument = string | number | Buffer

declare module 'ioredis' {
  interface RedisCommander<Context> {
    egAccept(...rest: Argument[]): Result<(1 | [string, string])[], Context>
    egBeginBuffer(
      ...rest: [...Argument[], Callback<unknown>] | Argument[]
    ): Result<((Buffer | number)[] | Error)[], Context>
    egSettle(...rest: Argument[]): Result<number, Context>
    egDied(...rest: Argument[]): Result<number, Context>
    egFinish(...rest: Argument[]): Result<(string | Error)[], Context>
    egReopen(keyCount: number, ...rest: Argument[]): Result<string, Context>
    egRecount(...rest: Argument[]): Result<['exact' | 'counting' | 'again'] | ['corrected', number, number], Context>
    egReopened(...rest: Argument[]): Result<[number, string[]], Context>
    egBatchAccept(keyCount: number, ...rest: Argument[]): Result<[string, number?, number?], Context>
    egBatchOfKey(...rest: Argument[]): Result<[string?, string?, number?], Context>
    egBatchReceived(...rest: Argument[]): Result<string, Context>
    egBatchAbandoned(...rest: Argument[]): Result<[number, string[]], Context>
    egBatchCancel(...rest: Argument[]): Result<string, Context>
    egTurns(...rest: Argument[]): Result<[string, string[]?, string?, string[]?, unknown[]?], Context>
  }
}

/** The transitions by the name of their command. */
export const scripts = {
  egAccept: { lua: asFunction('add_to_bullmq', addStandardJob.content) + lua('accept'), numberOfKeys: 12 },
  egBegin: { lua: lua('each') + lua('begin'), numberOfKeys: 2 },
  egSettle: { lua: lua('settle'), numberOfKeys: 2 },
  egDied: { lua: lua('died'), numberOfKeys: 2 },
  egFinish: { lua: lua('each') + lua('keep-batch') + lua('end-batch') + lua('finish'), numberOfKeys: 3 },
  egReopen: { lua: lua('line-up') + lua('keep-batch') + lua('reopen') },
  egReopened: { lua: lua('reopened'), numberOfKeys: 4 },
  egRecount: { lua: lua('recount'), numberOfKeys: 3 },
  egBatchAccept: { lua: lua('line-up') + lua('keep-batch') + lua('batch-accept') },
  egBatchOfKey: { lua: lua('batch-of-key'), numberOfKeys: 1 },
  egBatchReceived: { lua: lua('keep-batch') + lua('end-batch') + lua('batch-received'), numberOfKeys: 4 },
  egBatchAbandoned: { lua: lua('keep-batch') + lua('end-batch') + lua('batch-abandoned'), numberOfKeys: 2 },
  egBatchCancel: { lua: lua('keep-batch') + lua('end-batch') + lua('batch-cancel'), numberOfKeys: 4 },
  egTurns: { lua: lua('turns'), numberOfKeys: 6 },
  egTurnsTaken: { lua: lua('turns-taken'), numberOfKeys: 2 },
  egTurnsGiven: { lua: lua('turns-given'), numberOfKeys: 3 },
}

/** Defines the transitions on a Redis connection; each is one script, described at the top of its file. */
export function defineScripts(redis: RedisClient): void {
  for (const [name, script] of Object.entries(scripts)) {
    if (!(name in redis)) redis.defineCommand(name, script)
  }
}

/**
 * Whether Redis has lost the scripts (`SCRIPT FLUSH`). In a transaction ioredis does not notice it and never loads them
 * again on the same connection, so a new connection is required.
 */
export function hasLostScripts(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

function lua(name: string): string {
  return readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8')
}

/**
 * Wraps a script of BullMQ as a function for one of ours, so that both run in one call and one transaction. BullMQ's
 * version is pinned, since its storage format is internal.
 */
function asFunction(name: string, script: string): string {
  return `local function ${name}(KEYS, ARGV)\n${script}\nend\n`
}
