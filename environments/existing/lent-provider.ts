import type { Provider } from '../provider.ts'
import { createExistingProvider } from './existing-provider.ts'

/** The contexts that the tests make, in the kubeconfig that KUBECONFIG names. */
export const lenders: string[] = ['lent-a', 'lent-b']

/** The provider under test, for this process and for the others that the contract starts. */
export function createLentProvider(): Provider {
  return createExistingProvider({ contexts: lenders })
}
