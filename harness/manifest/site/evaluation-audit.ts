/**
 * What clusters log that answers are judged in: nobody reads their questions about access again, of which there are
 * hundreds for one answer.
 */
export const evaluationAudit: Record<string, unknown> = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', resources: [{ group: 'authorization.k8s.io' }] },
    { level: 'None', verbs: ['get', 'list', 'watch'] },
    { level: 'Metadata' },
  ],
}
