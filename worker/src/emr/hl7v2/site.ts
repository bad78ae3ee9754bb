import type { FieldPath } from '../carried/not-carried.ts'
import { elementLimit } from './standard-lengths.ts'
import { parseElement } from './element.ts'
import { fieldPlaces, type FieldPlace } from './fields.ts'
import { SiteOptions, type Site } from './options.ts'
import { epic } from './profiles/epic.ts'
import { meditech } from './profiles/meditech.ts'
import { standard } from './profiles/standard.ts'

const profiles: Record<string, Partial<Site>> = { standard, meditech, epic }

type Configured = { emrSystem: string; profile?: string } & { [Name in keyof Site]?: Site[Name] | undefined }

/**
 * What is agreed with the site of a connection: its own options over those of its profile over the standard ones;
 * tables are merged, everything else is replaced. Throws `RangeError` for `fields` that contradict each other, so that
 * a worker does not start with them.
 */
export function siteOf(connection: Configured): Site {
  const profile = profiles[connection.profile ?? connection.emrSystem.toLowerCase()] ?? {}
  const own = Object.fromEntries(
    Object.entries(connection).filter(([name, value]) => name in SiteOptions.properties && value !== undefined),
  )
  const site: Site = { ...standard, ...profile, ...own }
  const layers = [standard, profile, own as Partial<Site>]
  site.providerRoles = joined(layers, 'providerRoles')
  site.statusCodes = joined(layers, 'statusCodes')
  site.identifiers = identifiersOf(layers)
  site.patientClasses = joined(layers, 'patientClasses')
  site.fields = joined(layers, 'fields')
  site.elements = joined(layers, 'elements')
  site.errorCodes = joined(layers, 'errorCodes')
  for (const [path, element] of Object.entries(site.fields)) if (element) refuseMisplaced(path, element)
  // Refuses a time zone that does not exist.
  if (site.timeZone) Intl.DateTimeFormat('en-US', { timeZone: site.timeZone })
  return site
}

function joined<Name extends 'providerRoles' | 'patientClasses' | 'statusCodes' | 'fields' | 'elements' | 'errorCodes'>(
  layers: Partial<Site>[],
  name: Name,
): Site[Name] {
  return Object.assign({}, ...layers.map((layer) => layer[name] ?? {})) as Site[Name]
}

/** Authority and type of each element are agreed separately: with an authority of its own, PV1-19 is still a VN. */
function identifiersOf(layers: Partial<Site>[]): Site['identifiers'] {
  const agreed = layers.flatMap(({ identifiers = {} }) => Object.entries(identifiers))
  const byElement = Map.groupBy(agreed, ([element]) => element)
  return Object.fromEntries(
    Array.from(byElement, ([element, each]) => [element, Object.assign({}, ...each.map(([, parts]) => parts))]),
  )
}

/** Where a field stands at this site; `{}` if it is not to be sent. */
export function placeOf(path: string, { fields }: Pick<Site, 'fields'>): FieldPlace {
  if (!Object.hasOwn(fields, path)) return fieldPlaces[path as FieldPath] ?? {}
  const at = fields[path]
  return at ? { at } : {}
}

const repeating: Record<string, string> = {
  IN1: '/Encounter/Insurances/*',
  ROL: '/Encounter/ProvidersType/*',
  DG1: '/Encounter/ICD10DXCodeIds/*',
}

/** A repeating segment takes the fields of its own items, which go nowhere else except to Z segments. */
function refuseMisplaced(path: string, element: string): void {
  const { segment, field } = parseElement(element)
  if (segment.startsWith('Z')) {
    const nested = path.split('*').length > 2
    // Field 2 of such a Z segment is the set id of its insurance; a provider has none.
    const wrong = nested && (field < 3 || !path.startsWith('/Encounter/Insurances/'))
    if (wrong) throw new RangeError(`fields: ${path} cannot stand in ${element}`)
    return
  }
  const owner = Object.entries(repeating).find(([, items]) => path.startsWith(items))?.[0]
  const wrong = owner ? segment !== owner : segment in repeating
  if (wrong) throw new RangeError(`fields: ${path} cannot stand in ${segment}`)
  if (!elementLimit(element)) throw new RangeError(`fields: HL7 v2.5.1 has no element ${element}`)
}
