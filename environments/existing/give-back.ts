import { collectionPath, KubeClient, KubeError } from '../../harness/base/kube-client.ts'
import { until } from '../../harness/base/retry.ts'
import type { ExistingFolder, ExistingRecord } from './existing-folder.ts'
import { isSystemNamespace } from './foreign-namespaces.ts'
import { listEverything, type SurveyedObject } from './survey.ts'

/**
 * Removes everything that was not in the cluster when it was lent, and returns when it is gone. What belongs to
 * something else (a pod of a ReplicaSet) goes with that.
 */
export async function giveBack(folder: ExistingFolder, record: ExistingRecord): Promise<void> {
  const survey = await folder.readSurvey()
  if (survey) {
    using client = await KubeClient.fromKubeconfig(folder.kubeconfig, record.context)
    const before = new Set(survey.uids)
    await until(
      async () => {
        const added = (await listEverything(client)).filter((one) => isAddition(one, before))
        await Promise.all(added.map((one) => remove(client, one)))
        return added.length === 0
      },
      { what: `everything new in context ${record.context} to be gone`, timeoutMs: 180_000, intervalMs: 500 },
    )
  }
  await folder.remove()
}

function isAddition({ resource, object }: SurveyedObject, before: Set<string>): boolean {
  const { uid, ownerReferences = [], namespace, name } = object.metadata
  if (uid === undefined || before.has(uid) || ownerReferences.length > 0) return false
  // each namespace gets these by itself, and the system's own namespaces belong to the system
  const isGiven = name === (resource.plural === 'configmaps' ? 'kube-root-ca.crt' : 'default')
  if (namespace !== undefined && (isSystemNamespace(namespace) || isGiven)) return false
  return true
}

/** Namespaces take what is in them along; waiting is the caller's. */
async function remove(client: KubeClient, { resource, object }: SurveyedObject): Promise<void> {
  const { name, namespace, deletionTimestamp } = object.metadata
  if (deletionTimestamp !== undefined) return
  try {
    await client.delete(`${collectionPath(resource, namespace)}/${name}`, {
      query: { propagationPolicy: 'Background', gracePeriodSeconds: resource.plural === 'pods' ? 1 : undefined },
    })
  } catch (error) {
    if (!(error instanceof KubeError && [404, 409].includes(error.status))) throw error
  }
}
