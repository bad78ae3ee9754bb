import { expect, test } from 'vitest'
import { openapiTypes } from '../../api/client/build/openapi-types.ts'
import { openIngress } from '../fixtures/ingress.ts'

test('the client’s types are those of the api’s own OpenAPI document', async () => {
  await using ingress = await openIngress()
  const types = await openapiTypes((await ingress.app.inject('/openapi.json')).json())
  await expect(types).toMatchFileSnapshot('../../api/client/src/openapi.ts')
})
