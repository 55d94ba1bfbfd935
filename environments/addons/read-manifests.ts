import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { packageRoot } from '../../harness/base/package-root.ts'

/** The objects of an add-on's file of manifests, in its order. */
export function readManifests(file: string): KubeObject[] {
  const text = readFileSync(path.join(packageRoot, 'environments/addons', file), 'utf8')
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject)
}

/** The images that the pods of these objects run. */
export function imagesOf(objects: KubeObject[]): string[] {
  const templates = objects.map((object) => (object as Workload).spec?.template?.spec)
  return [...new Set(templates.flatMap((pod) => pod?.containers ?? []).map((container) => container.image))]
}

interface Workload extends KubeObject {
  spec?: { template?: { spec?: { containers?: { image: string }[] } } }
}
