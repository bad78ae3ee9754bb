/** A resource as it was sent. */
export type SentResource = {
  resource: { resourceType: string; contained?: readonly { id?: string | undefined }[] | undefined }
  /** By which other entries of the Bundle refer to it. */
  fullUrl?: string
  /** The insurance or diagnosis it came from. */
  item?: number
}

/** An element as FHIRPath from the type of a main resource, and the item that this resource came from. */
export type Way = { full: string; item: number | undefined }

/** A bed is part of a room, a unit and a site. */
const LONGEST_CHAIN = 4

/**
 * The element `within` a resource, as FHIRPath from each main resource that leads there: `contained[0].telecom` of an
 * Encounter becomes `Encounter.participant[1].individual.telecom`. The same for a resource of its own, such as a
 * Practitioner in the same Bundle.
 */
export function waysTo(
  within: string,
  from: SentResource,
  about: { resources: readonly SentResource[]; isMain: (type: string) => boolean },
  chain = 0,
): Way[] {
  if (chain > LONGEST_CHAIN) return []
  const again = (path: string, holder: SentResource) => waysTo(path, holder, about, chain + 1)
  const [, index, inContained] = /^contained\[(\d+)\]\.(.*)$/.exec(within) ?? []
  if (inContained !== undefined) {
    const { id } = from.resource.contained?.[Number(index)] ?? {}
    return referencesTo(`#${id}`, from.resource).flatMap((path) => again(`${path}.${inContained}`, from))
  }
  const { resourceType } = from.resource
  if (about.isMain(resourceType)) return [{ full: `${resourceType}.${within}`, item: from.item }]
  const { fullUrl } = from
  if (fullUrl === undefined) return []
  return about.resources.flatMap((holder) =>
    referencesTo(fullUrl, holder.resource).flatMap((path) => again(`${path}.${within}`, holder)),
  )
}

/** Where in a value something refers to `reference`. */
function referencesTo(reference: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if ('reference' in value && value.reference === reference) return ['']
  return Object.entries(value).flatMap(([name, inner]) => {
    const step = Array.isArray(value) ? `[${name}]` : name
    return referencesTo(reference, inner).map((rest) => `${step}${rest && !rest.startsWith('[') ? '.' : ''}${rest}`)
  })
}
