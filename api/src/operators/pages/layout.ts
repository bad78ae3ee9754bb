import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import { html } from 'ghtml'

/** Markup that is complete: templates include it as it is (`!${...}`), while every other value is escaped. */
export type Html = string

/** A whole page. `body` is markup. */
export function documentOf(title: string, body: Html, { isLive = false } = {}): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} · Encounter Gateway</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/admin/style.css" />
        !${isLive ? '<script src="/admin/live.js" defer></script>' : ''}
      </head>
      <body>
        !${body}
      </body>
    </html> `
}

/** The pages that the head of every page leads to. */
const places = [
  { href: '/admin', name: 'Now' },
  { href: '/admin/jobs', name: 'Jobs' },
  { href: '/admin/in-doubt', name: 'In doubt' },
  { href: '/admin/webhooks', name: 'Webhooks' },
  { href: '/admin/fleet', name: 'Fleet' },
  { href: '/admin/audit', name: 'Audit', role: 'auditor' },
] as const

/** The page `main` of an operator, with the head that all pages share. `here`: the path of the place it belongs to. */
export function pageOf(
  { name, role }: Pick<Operator, 'name' | 'role'>,
  { title, here, main, isLive = false }: { title: string; here: string; main: Html; isLive?: boolean },
): Html {
  const links = places.filter((place) => !('role' in place) || place.role === role)
  return documentOf(
    title,
    html`<a class="skip" href="#main">Skip to the content</a>
      <header>
        <a class="brand" href="/admin">Encounter Gateway</a>
        <nav aria-label="Pages">
          !${links.map(
            (place) =>
              html`<a href="${place.href}" !${place.href === here ? 'aria-current="page"' : ''}>${place.name}</a>`,
          )}
        </nav>
        <form class="search" role="search" action="/admin/jobs">
          <input
            name="q"
            type="search"
            maxlength="64"
            aria-label="Find a job or batch by its id"
            placeholder="JobId or BatchId"
          />
        </form>
        <form class="me" method="post" action="/admin/logout">
          <span>${name} · ${role}</span><button type="submit">Sign out</button>
        </form>
      </header>
      <main id="main" tabindex="-1">!${main}</main>`,
    { isLive },
  )
}
