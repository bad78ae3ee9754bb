// Fetches this page again when the gateway reports a change, and puts its part `live` in place of the old one.
const region = () => document.getElementById('live')
let loading = false
let again = false

async function refresh() {
  if (loading) {
    again = true
    return
  }
  loading = true
  try {
    const reply = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'manual' })
    // the session has ended: the sign-in remembers where to come back to
    if (reply.type === 'opaqueredirect' || reply.status === 401) return location.reload()
    if (!reply.ok) return
    const fresh = new DOMParser().parseFromString(await reply.text(), 'text/html').getElementById('live')
    const old = region()
    if (!fresh || !old) return
    const focused = document.activeElement
    const path = old.contains(focused) && focused instanceof HTMLAnchorElement ? focused.getAttribute('href') : null
    old.replaceWith(fresh)
    if (path) fresh.querySelector(`a[href="${CSS.escape(path)}"]`)?.focus()
  } finally {
    loading = false
    if (again) {
      again = false
      void refresh()
    }
  }
}

if (region()) {
  const events = new EventSource('/api/v1/operator/Events')
  events.addEventListener('changed', () => void refresh())
  events.addEventListener('ended', () => location.reload())
  addEventListener('pagehide', () => events.close())
}
