/** Which messages an endpoint wants; all of them by default. A message that concerns no connection passes the second. */
export type EndpointFilter = {
  types?: readonly string[] | undefined
  /** Names such as `Sandbox.north`. */
  connections?: readonly string[] | undefined
}

/** A filter as the scripts read it. */
export function filterArguments({ types, connections }: EndpointFilter): { types: string; connections: string } {
  const listed = (names: readonly string[] | undefined) => (names ? `,${names.join()},` : '')
  return { types: listed(types), connections: listed(connections) }
}
