/**
 * Splits `https://name:password@host/` into the URL without them and the value of a Basic `Authorization` header
 * (RFC 7617, in UTF-8); `authorization` is absent if the URL has none. Throws if it is no URL, or if they cannot be decoded.
 */
export function splitCredentials(text: string): { url: string; authorization?: string } {
  const url = new URL(text)
  if (url.username === '' && url.password === '') return { url: text }
  const name = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  url.username = ''
  url.password = ''
  return { url: url.href, authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}
