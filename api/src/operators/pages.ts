import type { Operator } from '@encounter-gateway/shared/config/schema.ts'

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string) => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(title)} · Encounter Gateway</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/admin/style.css">
</head>
<body>
${body}
</body>
</html>
`
}

/** The sign-in form; `next` is the path to continue to, `mistake` the error of the previous try. */
export function signInPage({ next, mistake }: { next: string; mistake?: string }): string {
  const told = mistake ? `<p class="mistake" id="mistake" role="alert">${escape(mistake)}</p>` : ''
  const described = mistake ? ' aria-describedby="mistake" aria-invalid="true"' : ''
  return page(
    'Sign in',
    `<main class="narrow">
<h1>Encounter Gateway</h1>
<p>Sign in to see queues and failures. No patient data is shown.</p>
${told}
<form method="post" action="/admin/login">
<input type="hidden" name="next" value="${escape(next)}">
<label for="name">Operator name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${described}>
<button type="submit">Sign in</button>
</form>
</main>`,
  )
}

const places = [
  {
    href: '/admin/queues',
    name: 'Queues',
    about: 'The waiting, running and failed jobs of every connection, and the webhook deliveries. Read-only.',
  },
  {
    href: '/docs',
    name: 'API reference',
    about: 'Requests and replies; also as <a href="/openapi.json">OpenAPI 3.1</a>.',
  },
  { href: '/metrics', name: 'Metrics', about: 'For Prometheus: request times, queue depths, breakers.' },
  {
    href: '/readyz',
    name: 'Readiness',
    about: 'Whether Redis accepts writes and has free memory, and how durable it is.',
  },
]

/** The page after the sign-in, with links to everything an operator can see. */
export function landingPage({ name, role }: Pick<Operator, 'name' | 'role'>): string {
  return page(
    'Operators',
    `<header>
<span class="brand">Encounter Gateway</span>
<form method="post" action="/admin/logout">
<span>Signed in as <strong>${escape(name)}</strong> (${escape(role)})</span>
<button type="submit" class="quiet">Sign out</button>
</form>
</header>
<main>
<h1>Operators</h1>
<ul class="places">
${places.map((place) => `<li><h2><a href="${place.href}">${place.name}</a></h2><p>${place.about}</p></li>`).join('\n')}
</ul>
</main>`,
  )
}

/** The one stylesheet of these pages; light and dark. */
export const STYLE = `:root { color-scheme: light dark; --ink: #17202b; --paper: #f6f7f9; --card: #fff; --line: #8a94a3; --accent: #0b5cad; --wrong: #a4161a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --paper: #12171d; --card: #1b222b; --line: #6d7886; --accent: #7db8f5; --wrong: #ff9a9a; } }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 56rem; margin: 0 auto; padding: 2rem 1rem; }
main.narrow { max-width: 24rem; padding-top: 12vh; }
h1 { font-size: 1.5rem; line-height: 1.2; }
h2 { margin: 0; font-size: 1.1rem; }
a { color: var(--accent); }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; padding: .75rem 1rem; background: var(--card); border-bottom: 1px solid var(--line); }
header form { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; }
.brand { font-weight: 600; }
label { display: block; margin: 1rem 0 .35rem; font-weight: 600; }
input { width: 100%; padding: .6rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .3rem; }
button { margin-top: 1.5rem; padding: .6rem 1.2rem; font: inherit; font-weight: 600; color: var(--card); background: var(--accent); border: 1px solid var(--accent); border-radius: .3rem; cursor: pointer; }
button.quiet { margin: 0; padding: .3rem .8rem; color: var(--accent); background: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.mistake { padding: .6rem .8rem; color: var(--wrong); border: 1px solid var(--wrong); border-radius: .3rem; }
.places { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; padding: 0; list-style: none; }
.places li { padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .3rem; }
.places p { margin: .4rem 0 0; }
`
