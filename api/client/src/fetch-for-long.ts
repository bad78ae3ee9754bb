import type { Fetch } from './try-once.ts'

/** The global symbol under which every version of undici, Node's `fetch`, keeps its dispatcher. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1')

type Dispatch = (options: object, handler: unknown) => boolean
type Dispatcher = { dispatch: Dispatch }

/**
 * The global `fetch` without Node's limit of 300 seconds between the last byte of a request and the first of its answer
 * (undici's `headersTimeout`): the gateway may need longer for the part of an upload that is buffered in sockets and
 * proxies. Wraps the current dispatcher, so that a configured proxy stays in use. On other platforms it is the plain
 * global `fetch`.
 */
export const fetchForLong: Fetch = (input, init) => {
  const dispatcher = (globalThis as { [GLOBAL_DISPATCHER]?: Dispatcher })[GLOBAL_DISPATCHER]
  if (!dispatcher) return fetch(input, init)
  const dispatch: Dispatch = (options, handler) =>
    dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler)
  return fetch(input, { ...init, dispatcher: { dispatch } } as RequestInit)
}
