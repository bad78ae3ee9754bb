import type { Application } from '@encounter-gateway/shared/config/schema.ts'

/** Places that applications hold for a while: event streams, waiting requests. */
export type Places = ReturnType<typeof openPlaces>

/**
 * Divides `total` places among the applications by their `share`, at least one each. No application gets a place of
 * another, even while that one uses none: otherwise it would have to wait for what was lent.
 */
export function openPlaces(applications: readonly Pick<Application, 'name' | 'share'>[], total: number) {
  const shares = applications.reduce((sum, { share }) => sum + share, 0)
  const parts = new Map(
    applications.map(({ name, share }) => [name, Math.max(1, Math.floor((total * share) / shares))]),
  )
  const taken = new Map<string, number>()
  const of = ({ name }: Pick<Application, 'name'>) => parts.get(name) ?? 0

  return {
    /** How many places the application has. */
    of,
    /** Takes a place and returns how to leave it, to be called once; `undefined` if all of the application's are taken. */
    take(application: Pick<Application, 'name'>): (() => void) | undefined {
      const { name } = application
      const count = taken.get(name) ?? 0
      if (count >= of(application)) return undefined
      taken.set(name, count + 1)
      return () => void taken.set(name, (taken.get(name) ?? 1) - 1)
    },
  }
}
