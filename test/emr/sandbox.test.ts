import { conformance } from '../conformance.ts'
import { openSandbox } from './sandbox.ts'

conformance({ emrSystem: 'Sandbox', connector: 'sandbox', open: openSandbox })
