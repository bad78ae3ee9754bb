import { conformance } from '../conformance.ts'
import { openCerner } from './cerner.ts'

conformance({ emrSystem: 'Cerner', connector: 'cerner', open: () => openCerner() })
conformance({ emrSystem: 'Cerner', connector: 'cerner', open: () => openCerner({ refusesIdentifiers: true }) })
