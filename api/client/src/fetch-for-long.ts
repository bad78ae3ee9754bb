import type { Fetch } from './try-once.ts'

/** Where every version of undici, the `fetch` of Node, keeps what it sends requests with. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1')

type Dispatch = (options: object, handler: unknown) => boolean
type Dispatcher = { dispatch: Dispatch }

/**
 * The global `fetch` without Node's own limit of 300 seconds between the last byte of a request and the first of its answer (undici's
 * `headersTimeout`): a gateway may need longer for what sockets and proxies hold of an upload. Goes by way of the dispatcher in force, so
 * that a proxy set there stays one. Elsewhere it is the global `fetch` as it is.
 */
export const fetchForLong: Fetch = (input, init) => {
  const dispatcher = (globalThis as { [GLOBAL_DISPATCHER]?: Dispatcher })[GLOBAL_DISPATCHER]
  if (!dispatcher) return fetch(input, init)
  const dispatch: Dispatch = (options, handler) =>
    dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler)
  return fetch(input, { ...init, dispatcher: { dispatch } } as RequestInit)
}
