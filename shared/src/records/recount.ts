import type { RecordsContext } from './context.ts'
import { runScript } from '../redis/script.ts'
import { scripts } from './scripts.ts'

/** The reply to comparing the counts of unfinished jobs; see recount.lua. */
export type Recounted = { kind: 'exact' | 'counting' | 'again' } | { kind: 'corrected'; from: number; to: number }

export async function recountDepth({ redis, keys, applications }: RecordsContext, atMost: number): Promise<Recounted> {
  const names = applications.map(({ name }) => ({ application: name }))
  const [kind, from, to] = await runScript(redis, scripts.recount, keys, { base: keys.base, atMost }, names)
  return kind === 'corrected' ? { kind, from, to } : { kind }
}
