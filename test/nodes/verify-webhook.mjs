// node verify-webhook.mjs CLIENT SECRET HEADERS BODY...: prints of each body, under the same headers, the event that it is or
// by what it is refused. Plain JavaScript, so that every Node that the package is for can run it.
const [, , module, secret, headers, ...bodies] = process.argv
const { verifyWebhook } = await import(module)

for (const body of bodies) {
  try {
    const { id, type } = verifyWebhook(new TextEncoder().encode(body), new Headers(JSON.parse(headers)), secret)
    console.log(id, type)
  } catch (error) {
    console.log(error.name)
  }
}
