import type { AddonName } from '../../../environments/provider.ts'
import type { KubeObject } from '../../base/kube-client.ts'
import type { ModelName } from '../split.ts'

/** A healthy system that faults are put into: its objects, and what people know of it. */
export interface World {
  model: ModelName
  /** What tells this variant from the model's others, for file names. */
  name: string
  company: string
  /** What the company does, as a clause: `lends books to four towns`. */
  business: string
  objects: KubeObject[]
  addons: AddonName[]
  /** Those whose traffic shows that it works; the first one is the public. */
  clients: Client[]
  /** Odd things that are in the world, harm nothing, and are told of in the story. */
  distractors: Distractor[]
}

/** Somebody who asks all the time, and logs what came of it. */
export interface Client {
  namespace: string
  /** A Deployment with a shell and wget. */
  name: string
  url: string
  /** What a good answer holds. */
  body: string
  /** Who that is: `readers`. */
  people: string
  /** What they try to do: `borrow a book`. */
  act: string
  worked: string
  lost: string
}

export interface Distractor {
  name: string
  /** What somebody on call would hear of it. */
  told: string
  objects: KubeObject[]
}
