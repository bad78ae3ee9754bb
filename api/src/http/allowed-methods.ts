import type { FastifyInstance } from 'fastify'

/**
 * Notes every route that is registered from now on, and returns the methods of those that match a path, in capitals;
 * none if there is no such path.
 */
export function noteRoutes(app: FastifyInstance): (path: string) => string[] {
  const routes: { parts: string[]; methods: string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    // a page's files: any path below it would seem to exist
    if (!url.includes('*')) routes.push({ parts: partsOf(url), methods: [method].flat() })
  })
  return (path) => {
    const asked = partsOf(path)
    const matching = routes.filter(
      ({ parts }) =>
        parts.length === asked.length && parts.every((part, n) => part.startsWith(':') || part === asked[n]),
    )
    return [...new Set(matching.flatMap(({ methods }) => methods))]
  }
}

function partsOf(path: string): string[] {
  return path.replace(/\/$/, '').split('/')
}
