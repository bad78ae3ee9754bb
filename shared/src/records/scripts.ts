import type { Callback, Result } from 'ioredis'
import { readFileSync } from 'node:fs'
import type { RedisClient } from '../redis.ts'

type Argument = string | number | Buffer

declare module 'ioredis' {
  interface RedisCommander<Context> {
    egAccept(keyCount: number, ...rest: Argument[]): Result<[string, string, string?], Context>
    egBeginBuffer(...rest: [...Argument[], Callback<unknown>] | Argument[]): Result<(Buffer | number)[], Context>
    egSettle(...rest: Argument[]): Result<number, Context>
    egFinish(keyCount: number, ...rest: Argument[]): Result<string, Context>
    egReopen(...rest: Argument[]): Result<string, Context>
  }
}

const scripts = {
  egAccept: { lua: lua('accept') },
  egBegin: { lua: lua('begin'), numberOfKeys: 5 },
  egSettle: { lua: lua('settle'), numberOfKeys: 2 },
  egFinish: { lua: lua('finish') },
  egReopen: { lua: lua('reopen'), numberOfKeys: 6 },
}

/** Teaches a Redis connection our transitions; each is one script, described at the top of its file. */
export function defineScripts(redis: RedisClient): void {
  for (const [name, script] of Object.entries(scripts)) {
    if (!(name in redis)) redis.defineCommand(name, script)
  }
}

function lua(name: string): string {
  return readFileSync(new URL(`${name}.lua`, import.meta.url), 'utf8')
}
