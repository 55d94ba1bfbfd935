import { labelSelector, metadata, namedReferences } from './metadata.ts'
import { defaultsTo, keyed, listOf, optional, or, plain, quantities, setOf, struct, type Type } from './type.ts'

const rbacGroup = 'rbac.authorization.k8s.io'

const policyRules: Type = setOf(
  struct({ apiGroups: setOf(), resources: setOf(), resourceNames: setOf(), verbs: setOf(), nonResourceURLs: setOf() }),
)

const subjects: Type = keyed(
  struct({ namespace: optional }, (given) => ({
    apiGroup: given['kind'] === 'ServiceAccount' ? '' : rbacGroup,
    ...given,
  })),
  ['kind', 'namespace', 'name'],
  ['kind', 'name'],
)

const binding: Type = struct({ metadata, subjects, roleRef: struct({ apiGroup: defaultsTo(rbacGroup) }) })

const admissionRules: Type = setOf(
  struct({
    apiGroups: setOf(),
    apiVersions: setOf(),
    operations: setOf(),
    resources: setOf(),
    resourceNames: setOf(),
    scope: defaultsTo('*'),
  }),
)

const webhook = (own: Record<string, Type>): Type =>
  struct({
    clientConfig: struct({ service: struct({ port: defaultsTo(443), path: optional }), caBundle: optional }),
    rules: admissionRules,
    failurePolicy: defaultsTo('Fail'),
    matchPolicy: defaultsTo('Equivalent'),
    timeoutSeconds: defaultsTo(10),
    namespaceSelector: or(labelSelector, {}),
    objectSelector: or(labelSelector, {}),
    matchConditions: listOf(plain),
    admissionReviewVersions: listOf(plain),
    ...own,
  })

const matchResources: Type = struct({
  namespaceSelector: or(labelSelector, {}),
  objectSelector: or(labelSelector, {}),
  matchPolicy: defaultsTo('Equivalent'),
  resourceRules: admissionRules,
  excludeResourceRules: admissionRules,
})

const matchingPolicy: Type = struct({
  metadata,
  spec: struct({
    failurePolicy: defaultsTo('Fail'),
    matchConstraints: matchResources,
    validations: listOf(plain),
    variables: listOf(plain),
    matchConditions: listOf(plain),
    auditAnnotations: listOf(plain),
  }),
})

const policyBinding: Type = struct({
  metadata,
  spec: struct({ matchResources, validationActions: setOf(), paramRef: struct({ selector: labelSelector }) }),
})

/** Who may do what, and what is let in. */
export const policyTypes: Record<string, Type> = {
  [`${rbacGroup}/Role`]: struct({ metadata, rules: policyRules }),
  [`${rbacGroup}/ClusterRole`]: struct({
    metadata,
    rules: policyRules,
    aggregationRule: struct({ clusterRoleSelectors: setOf(labelSelector) }),
  }),
  [`${rbacGroup}/RoleBinding`]: binding,
  [`${rbacGroup}/ClusterRoleBinding`]: binding,
  '/ServiceAccount': struct({
    metadata,
    secrets: namedReferences,
    imagePullSecrets: namedReferences,
    automountServiceAccountToken: defaultsTo(true),
  }),
  '/LimitRange': struct({
    metadata,
    spec: struct({
      limits: keyed(
        struct({
          max: quantities,
          min: quantities,
          default: quantities,
          defaultRequest: quantities,
          maxLimitRequestRatio: quantities,
        }),
        'type',
      ),
    }),
  }),
  '/ResourceQuota': struct({
    metadata,
    spec: struct({ hard: quantities, scopes: setOf(), scopeSelector: struct({ matchExpressions: setOf() }) }),
  }),
  'policy/PodDisruptionBudget': struct({ metadata, spec: struct({ selector: labelSelector }) }),
  'scheduling.k8s.io/PriorityClass': struct({
    metadata,
    globalDefault: optional,
    description: optional,
    preemptionPolicy: defaultsTo('PreemptLowerPriority'),
  }),
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': struct({
    metadata,
    webhooks: keyed(webhook({}), 'name'),
  }),
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': struct({
    metadata,
    webhooks: keyed(webhook({ reinvocationPolicy: defaultsTo('Never') }), 'name'),
  }),
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': matchingPolicy,
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': matchingPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': policyBinding,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': policyBinding,
}
