/** Where things lie in a task's folder. */
export const contractFile = 'tests/contract.yaml'
export const clusterFile = 'environment/cluster.yaml'
export const workspaceDir = 'environment/workspace'
export const worldDir = 'environment/world'
export const faultDir = 'environment/fault'
export const solveFile = 'solution/solve.sh'
/** Of tasks of kind manifest. */
export const requirementsFile = 'tests/requirements.yaml'
export const answerFile = 'solution/answer.yaml'
export const wrongDir = 'solution/wrong'
