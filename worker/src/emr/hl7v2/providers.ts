import type { Draft } from './draft.ts'
import type { Leaf } from './leaves.ts'
import type { Site } from './options.ts'
import { placeOf } from './site.ts'

const PROVIDERS = '/Encounter/ProvidersType/*'

/** Whether a value belongs to one of the providers, which are carried together. */
export function isOfProvider({ path }: Leaf): boolean {
  return path.startsWith(`${PROVIDERS}/`)
}

/**
 * Puts each provider into PV1, a ROL segment or both, as agreed with the site. AttendingProviderId must be there
 * before.
 */
export function carryProviders(draft: Draft, site: Site, leaves: Leaf[]): void {
  for (const provider of Map.groupBy(leaves.filter(isOfProvider), ({ indexes }) => indexes[0] ?? 0).values()) {
    if (site.providers !== 'ROL') carryInVisit(draft, site, provider)
    carryInRole(draft, site, provider)
  }
}

/** By id alone, in the field for the provider's role; the field repeats. */
function carryInVisit(draft: Draft, site: Site, provider: Leaf[]): void {
  const { id, type, npi } = named(provider)
  const field = freeField(fieldOf(type?.value ?? '', site), draft, id)
  const given = onePerson.has(field) && id && draft.holds(`${field}.1`, id.value)
  const repetition = draft.repetitions(field)
  if (id && given) draft.imply(id.pointer)
  const there = given || (id && draft.carry(id, `${field}.1`, { repetition }))
  // If a field holds many people, a second number would be one more of them.
  const addsNpi = site.providers === 'PV1' && (!there || onePerson.has(field))
  const npiThere = addsNpi && npi && carryTyped(draft, npi, field, { type: 'NPI' })
  if (type && field !== 'PV1-52' && (there || npiThere)) draft.imply(type.pointer)
}

/** With everything, in a segment of its own; without ROL segments only what the site has another place for. */
function carryInRole(draft: Draft, site: Site, provider: Leaf[]): void {
  const { id, npi, license, email } = named(provider)
  const [first] = provider
  const instance = [first?.indexes[0] ?? 0]
  const withRole = site.providers !== 'PV1'
  // The EMR's own id comes first, then the others, each with its type.
  for (const leaf of [id, npi, license].filter((each) => each !== undefined)) {
    const { at } = placeOf(leaf.path, site)
    if (!at || (at.startsWith('ROL') && !withRole)) continue
    if (at !== 'ROL-4.1') draft.carry(leaf, at, { instance })
    else if (leaf === id) draft.carry(leaf, at, { instance })
    else carryTyped(draft, leaf, 'ROL-4', { instance, type: leaf === npi ? 'NPI' : site.licenseType })
  }
  for (const leaf of provider) {
    const { at } = placeOf(leaf.path, site)
    if ([id, npi, license, email].includes(leaf) || !at || (at.startsWith('ROL') && !withRole)) continue
    const zInstance = at.startsWith('Z') ? leaf.indexes : instance
    const separator = leaf.path.endsWith('/Address3') ? { separator: ', ' } : {}
    draft.carry(leaf, at, {
      instance: zInstance,
      repetition: at.startsWith('Z') ? 0 : (leaf.indexes[1] ?? 0),
      ...separator,
    })
  }
  if (email) carryEmail(draft, site, email, instance)
}

/** After the telephone numbers, as a repetition with its own use and type. */
function carryEmail(draft: Draft, site: Site, email: Leaf, instance: number[]): void {
  const { at } = placeOf(email.path, site)
  if (!at || (at.startsWith('ROL') && site.providers === 'PV1')) return
  if (at !== 'ROL-12.4') return void draft.carry(email, at, { instance })
  const spot = { instance, repetition: draft.repetitions('ROL-12', { instance }) }
  if (!draft.carry(email, at, spot)) return
  draft.set('ROL-12.2', 'NET', spot)
  draft.set('ROL-12.3', 'Internet', spot)
}

/**
 * An identifier with a type of its own, as one more repetition of an XCN. The register of the NPI is also its
 * authority.
 */
function carryTyped(draft: Draft, leaf: Leaf, field: string, about: { instance?: number[]; type: string }): boolean {
  const { type, ...spot } = { ...about, repetition: draft.repetitions(field, about) }
  if (!draft.carry(leaf, `${field}.1`, spot)) return false
  if (type === 'NPI') draft.set(`${field}.9`, 'NPI', spot)
  draft.set(`${field}.13`, type, spot)
  return true
}

/** Fields whose repetitions are more numbers of the same person (v2.5.1, 3.4.3.7, .8, .17); in PV1-9 and PV1-52 they are other people. */
const onePerson = new Set(['PV1-7', 'PV1-8', 'PV1-17'])

/** The field, unless it holds only one person and someone else stands there. */
function freeField(field: string, draft: Draft, id: Leaf | undefined): string {
  const taken = onePerson.has(field) && draft.repetitions(field) > 0
  return taken && !(id && draft.holds(`${field}.1`, id.value)) ? 'PV1-52' : field
}

function fieldOf(type: string, { providerRoles }: Site): string {
  const code = [type, type.toUpperCase()].find((each) => Object.hasOwn(providerRoles, each))
  return (code && providerRoles[code]) ?? 'PV1-52'
}

function named(provider: Leaf[]) {
  const find = (name: string) => provider.find(({ path }) => path === `${PROVIDERS}/${name}`)
  return {
    id: find('ProviderId'),
    type: find('ProviderType'),
    npi: find('NPI'),
    license: find('LicenseNumber'),
    email: find('Email'),
  }
}
