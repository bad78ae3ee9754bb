import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { connection } from './connections.ts'
import type { Happening } from './history.ts'

const tortured = nameOf(connection)
const kept =
  /"msg":"(?:encounter\.|breaker\.|job\.setAside|sweep\.failed|worker\.crashed|api\.crashed|redis\.|request\.fault)/

/** The event of a process' log line for a checker or a story; `undefined` for all others. */
export function readLogLine(process: string, line: string): Extract<Happening, { what: 'log' }> | undefined {
  if (!kept.test(line)) return undefined
  let said: Record<string, unknown>
  try {
    said = JSON.parse(line) as Record<string, unknown>
  } catch {
    // cut off by a kill
    return undefined
  }
  const text = (name: string) => (typeof said[name] === 'string' ? { [name]: said[name] } : {})
  const number = (name: string, as = name) => (typeof said[name] === 'number' ? { [as]: said[name] } : {})
  return {
    what: 'log',
    process,
    event: String(said['msg']),
    ...text('job'),
    ...(said['connection'] !== tortured && text('connection')),
    ...text('outcome'),
    ...text('status'),
    ...number('attempt'),
    ...number('code'),
    ...number('ms', 'took'),
    ...number('openMs'),
  }
}
